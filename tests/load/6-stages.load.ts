// Load that changes: what is promised for a spike, and that the service comes back after it.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Server, serve, spike, steps } from 'vitest-load'

describe('GET /health', () => {
  let app: Server
  beforeAll(async () => {
    app = await serve('node examples/gateway/src/server.ts', { ready: '/health' })
  })

  it('takes a spike from 5 to 50 users and is as fast afterwards', async () => {
    const run = await load(`${app.url}/health`, {
      stages: spike({ vus: 50, base: 5, duration: '1s', around: '1s' }),
      thinkTime: { min: 5, max: 15 },
    })
    expect(run.stage('spike')).toHaveP95Below(500)
    expect(run.stage('after')).toHaveP95Below(250)
  })

  it('carries each step of arrivals at random', async () => {
    const run = await load(`${app.url}/health`, {
      stages: steps({ rate: [50, 100, 200], each: '1s' }),
      arrivals: 'poisson',
    })
    expect(run).toHaveNoDroppedIterations()
    expect(run.stage('200/s')).toHaveP95Below(250)
  })
})
