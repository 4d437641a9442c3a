// What a service keeps of every request, though it should not: found by forced collections, and named.
import { beforeAll, describe, expect, it } from 'vitest'
import { load } from 'vitest-load'
import { ask } from './ask.ts'
import { type Gateway, startGateway } from './gateway.ts'

describe('GET /api/clients/:id', () => {
  let gateway: Gateway
  let path: string
  beforeAll(async () => {
    gateway = await startGateway()
    const json = { name: 'Ada', email: 'ada@example.org' }
    const { id } = await ask<{ id: number }>(`${gateway.url}/api/clients`, { json })
    path = `/api/clients/${id}`
    return gateway.stop
  })

  it('is told what leaks and who allocated it, and accuses no service that is well', async () => {
    const faulty = await gateway.faultyTwin('cache,listeners')
    // Collections take at most a quarter of the time: where they are slow, what is judged takes longer to come together.
    const run = await load([`${faulty.url}${path}`, `${gateway.url}${path}`], {
      ...{ rate: 400, duration: '7s', warmup: 500 },
      leaks: { extension: '1m' },
    })
    let told = 'no leak'
    try {
      expect(run.server(faulty.name)).toHaveNoMemoryLeak()
    } catch (error) {
      told = String(error)
    }
    expect(told).toMatch(/ CachedAnswer +[\d,]+ → /)
    expect(told).toMatch(/ RequestTrail +[\d,]+ → /)
    expect(told).toMatch(/allocated in .* examples\/gateway\/src\/faults\/cache\.ts:\d+/)
    expect(told).toMatch(/allocated in .* examples\/gateway\/src\/faults\/listeners\.ts:\d+/)
    expect(run.server('gateway')).toHaveNoMemoryLeak()
  })
})
