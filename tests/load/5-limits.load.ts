// Limits beside the load: judged when the test ends, and able to end a hopeless run early.
import { beforeAll, describe, it } from 'vitest'
import { load, type Server, serve } from 'vitest-load'

describe('GET /api/stats', () => {
  let app: Server
  beforeAll(async () => {
    app = await serve('node examples/gateway/src/server.ts', { ready: '/health' })
  })

  it('stays within its limits', async () => {
    await load(`${app.url}/api/stats`, {
      vus: 10,
      duration: '3s',
      limits: { p95: 250, errorRate: 0.01, throughput: { above: 100 }, memory: '400MB' },
      abortOnBreach: true,
    })
  })
})
