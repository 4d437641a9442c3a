// An open model: requests arrive as users do, whether or not the server has answered the ones before.
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load, type Server, serve } from 'vitest-load'

describe('POST /api/sessions', () => {
  let app: Server
  beforeAll(async () => {
    app = await serve('node examples/gateway/src/server.ts', { ready: '/health' })
  })

  it('keeps its promise at 200 sessions a second', async () => {
    const newSession = http.post(`${app.url}/api/sessions`, { json: (i) => ({ apiKey: `key-${i}` }), expect: 201 })
    const run = load(newSession, { rate: 200, duration: '4s', warmup: '1s' })
    await expect(run).toHaveP95Below(250) // a run that has not started is started, once, by its first matcher
    await expect(run).toSustainRate(200)
    await expect(run).toMeet({ p99: 1000, errorRate: 0, memory: '400MB' })
  })
})
