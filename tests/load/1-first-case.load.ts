// The smallest useful case: a server, a run, two limits.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Server, serve } from 'vitest-load'

describe('GET /health', () => {
  let app: Server
  beforeAll(async () => {
    app = await serve('node examples/gateway/src/server.ts', { ready: '/health' })
  })

  it('carries 50 connections', async () => {
    const run = await load(`${app.url}/health`, { connections: 50, duration: '3s' })
    expect(run).toHaveP95Below(250)
    expect(run).toHaveThroughputAbove(500)
  })
})
