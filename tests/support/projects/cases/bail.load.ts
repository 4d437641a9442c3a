// The first failure ends it all.
import { expect, it } from 'vitest'
import { load, serve } from 'vitest-load'

it('fails', async () => {
  const app = await serve('node ../server.js', { ready: '/health' })
  console.log(`server: ${app.pid}`)
  await expect(load(`${app.url}/fail`, { connections: 1, amount: 100 })).toHaveNoErrors()
})

it('is not run', () => {
  console.log('it was run')
})
