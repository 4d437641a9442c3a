// When a limit is missed the failure says why: what the server was doing, and which function took the time.
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load, prometheus } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

// Each load goes to two instances of the same service. One has a fault, and the other is well within the same limit.
describe('a limit that is missed', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('names the function that takes the time of every page', async () => {
    const faulty = await gateway.faultyTwin('template')
    const run = await load([`${faulty.url}/`, `${gateway.url}/`], { vus: 40, duration: '2s', thinkTime: 50 })
    expect(() => expect(run.server(faulty.name)).toHaveP95Below(250)).toThrow(
      /why: event loop \d+ % busy[\s\S]*\n +renderRows +examples\/gateway\/src\/faults\/template\.ts:\d+/,
    )
    expect(run.server('gateway')).toHaveP95Below(250)
  })

  it('names the one that holds up everybody now and then', async () => {
    const open = ({ url }: { readonly url: string }) =>
      http.post(`${url}/api/sessions`, { json: (i) => ({ apiKey: `key ${i}` }) })
    const faulty = await gateway.faultyTwin('hash')
    const users = { vus: 80, duration: '2s', warmup: 300, thinkTime: { min: 50, max: 150 } } as const
    const run = await load([open(faulty), open(gateway)], users)
    expect(() => expect(run.server(faulty.name)).toHaveP95Below(150)).toThrow(
      /why: [\s\S]*\n +hashBlocking +examples\/gateway\/src\/faults\/hash\.ts:\d+/,
    )
    expect(run.server('gateway')).toHaveP95Below(150)
  })

  it('says that the server had nothing to do, and a probe what it waited for', async () => {
    const faulty = await gateway.faultyTwin('pool')
    const pool = ({ url }: { readonly url: string }) => prometheus(`${url}/metrics`, ['gateway_pool_waiting'])
    const run = await load([`${faulty.url}/api/clients`, `${gateway.url}/api/clients`], {
      ...{ vus: 24, duration: '2s', thinkTime: 20 },
      probes: { faulty: pool(faulty), healthy: pool(gateway) },
    })
    expect(() => expect(run.server(faulty.name)).toHaveP95Below(100)).toThrow(
      /why: [\s\S]*was idle\s+\d+\s+%\s+of\s+the\s+time/,
    )
    expect(() => expect(run).toHaveSeriesMaxBelow('faulty.gateway_pool_waiting', 5)).toThrow('max of faulty.gateway')
    expect(run.server('gateway')).toHaveP95Below(100)
    expect(run).toHaveSeriesMaxBelow('healthy.gateway_pool_waiting', 5)
  })
})
