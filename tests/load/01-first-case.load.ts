// The smallest useful case: a service, a run, two limits.
import { beforeAll, describe, expect, it } from 'vitest'
import { load } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

describe('GET /health', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('carries 50 connections', async () => {
    const run = await load(`${gateway.url}/health`, { connections: 50, duration: '1s' })
    expect(run).toHaveP95Below(250)
    expect(run).toHaveThroughputAbove(500)
  })
})
