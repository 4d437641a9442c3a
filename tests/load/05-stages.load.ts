// Load that changes, and what is promised for each part of it.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, ramp, soak, spike, steps } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

describe('GET /api/clients', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  const thinkTime = { min: 10, max: 30 }

  it('follows a ramp of users up and down', async () => {
    const stages = ramp({ vus: [10, 25, 50, 10], each: '500ms' })
    const run = await load(`${gateway.url}/api/clients`, { stages, thinkTime })
    expect(run).toHaveNoErrors()
    expect(run.stage('25 to 50 VUs')).toHaveP95Below(500)
    expect(run.stage('50 to 10 VUs')).toHaveP95Below(500)
  })

  it('takes a spike from 5 to 100 users and is well again after it', async () => {
    const stages = spike({ vus: 100, base: 5, duration: '700ms', around: '500ms' })
    const run = await load(`${gateway.url}/api/clients`, { stages, thinkTime })
    expect(run).toHaveNoErrors()
    expect(run.stage('spike')).toHaveP95Below(1000)
    expect(run.stage('after')).toHaveP95Below(500)
  })

  it('carries each step of arrivals at random', async () => {
    const stages = steps({ rate: [50, 100, 200], each: '700ms' })
    const run = await load(`${gateway.url}/api/clients`, { stages, arrivals: 'poisson' })
    expect(run).toHaveNoDroppedIterations()
    expect(run.stage('100/s')).toHaveP95Below(500)
    expect(run.stage('200/s')).toHaveP95Below(500)
  })

  // SOAK=2h npx vitest run --project load stages
  it('keeps its memory and its pace under a load that stays', async () => {
    const stages = soak({ vus: 20, duration: process.env.SOAK ?? '1200ms', rise: '300ms' })
    const run = await load(`${gateway.url}/api/clients`, { stages, thinkTime })
    expect(run).toHaveMemoryBelow('700MB')
    expect(run.stage('soak')).toHaveP95Below(500)
  })
})
