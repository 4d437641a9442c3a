// A run that lasts until somebody interrupts it.
import { beforeAll, expect, it } from 'vitest'
import { load, type Server, serve } from 'vitest-load'

let app: Server
beforeAll(async () => {
  app = await serve('node ../server.js', { ready: '/health' })
  console.log(`server: ${app.pid}, worker: ${process.pid}`)
})

it('is interrupted', async () => {
  await expect(load(`${app.url}/slow`, { rate: 50, duration: '60s', warmup: 0 })).toHaveNoErrors()
})
