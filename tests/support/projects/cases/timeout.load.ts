// A test that is cut off by its own time limit.
import { beforeAll, expect, it } from 'vitest'
import { load, type Server, serve } from 'vitest-load'

let app: Server
beforeAll(async () => {
  app = await serve('node ../server.js', { ready: '/health' })
  console.log(`server: ${app.pid}`)
})

it('is cut off', { timeout: 3000 }, async () => {
  await expect(load(`${app.url}/slow`, { rate: 50, duration: '60s', warmup: 0 })).toHaveNoErrors()
})

it('is next', () => {})
