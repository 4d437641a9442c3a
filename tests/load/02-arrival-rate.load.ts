// An open model: requests arrive as users do, whether or not the service has answered the ones before.
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

describe('POST /api/sessions', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('opens 200 sessions a second, and keeps every one of them', async () => {
    const newSession = http.post(`${gateway.url}/api/sessions`, { json: (i) => ({ apiKey: `key-${i}` }), expect: 201 })
    const run = await load(newSession, { rate: 200, duration: '3s' })
    expect(run).toHaveP95Below(250)
    expect(run).toSustainRate(200)
    expect(run).toMeet({ p99: 1000, errorRate: 0, memory: '700MB' })
    expect(await gateway.count('sessions')).toBe(run.iterations.ok)
  })
})
