// Limits beside the load: judged when the test ends, and able to end a hopeless run early.
import { beforeAll, describe, it } from 'vitest'
import { load } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

describe('GET /', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('shows its page within its limits', async () => {
    await load(`${gateway.url}/`, {
      vus: 10,
      duration: '2s',
      limits: { mean: 300, p95: 500, p99: '1s', errorRate: 0, throughput: { above: 50 }, memory: '700MB' },
      abortOnBreach: true,
    })
  })
})
