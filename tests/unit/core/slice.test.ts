// The readers that runs and their parts share.
import { describe, expect, it } from 'vitest'
import { buildRun } from '../../support/run-builder.ts'

describe('throughput', () => {
  it('is ok per second of measured time', () => {
    expect(buildRun({ ok: Array(50).fill(1), failed: 25, duration: 5000 }).throughput).toBe(10)
  })

  it('of a closed run leaves out what was drained', () => {
    expect(buildRun({ ok: Array(50).fill(1), okInTime: 40, duration: 5000 }).throughput).toBe(8)
  })

  it('of an open run counts what ended in time, so that a drained backlog does not flatter', () => {
    const asked = { rate: 10 }
    expect(buildRun({ asked, ok: Array(50).fill(1), okInTime: 40, duration: 5000 }).throughput).toBe(8)
  })

  it('is sustained only as far as what was drained is what is usually under way', () => {
    const asked = { rate: 100 }
    // 30 of 400 are under way at the end when each takes 300 ms.
    expect(buildRun({ asked, ok: Array(400).fill(300), okInTime: 370, duration: 4000 }).sustained).toBeCloseTo(100, 0)
    // A target at half the rate: each waits longer than the one before, and the backlog is drained afterwards.
    const waits = Array.from({ length: 200 }, (_, n) => 33 + 16 * n)
    expect(buildRun({ asked: { rate: 65 }, ok: waits, okInTime: 90, duration: 3000 }).sustained).toBeLessThan(60)
  })

  it('is not known when nothing was measured', () => {
    expect(buildRun({ ok: [1], duration: 0 }).throughput).toBeNaN()
  })
})

describe('a run in which nothing ended', () => {
  const run = buildRun({ unfinished: [3000, 4000] })

  it('has no error rate', () => {
    expect(run.errorRate).toBeNaN()
  })

  it('has latencies of which only a lower bound is known', () => {
    expect(run.latency).toMatchObject({ count: 2, censored: 2, min: 3000, max: 4000 })
    expect(run.latency.bounds(0.5)).toMatchObject({ lower: expect.closeTo(3000, -1), upper: Number.POSITIVE_INFINITY })
  })
})

describe('an empty run', () => {
  const run = buildRun()

  it('knows nothing, and says 0 of nothing', () => {
    const { min, mean, p50, p95, p999, max } = run.latency
    for (const value of [min, mean, p50, p95, p999, max, run.errorRate, run.lag.p99]) expect(value).toBeNaN()
  })
})

describe('latency', () => {
  it('has no failed iterations, but the given-up ones as at least so long', () => {
    const run = buildRun({ ok: [1, 2, 3], failed: 10, timedOut: [100], unfinished: [50] })
    expect(run.latency).toMatchObject({ count: 5, censored: 2, min: 1, max: 100 })
  })

  it('counts from the planned instant, service time from the send', () => {
    const run = buildRun({ asked: { rate: 1 }, ok: [110], serviceTime: [10], lag: [100] })
    expect([run.latency.max, run.serviceTime.max, run.lag.max]).toEqual([110, 10, 100])
  })
})

describe('validity', () => {
  it('is gone with the first reason against it', () => {
    expect(buildRun().valid).toBe(true)
    expect(buildRun({ invalid: ['the ledger does not balance'] }).valid).toBe(false)
    expect(buildRun({ invalid: ['the ledger does not balance'] }).warmup.valid).toBe(false)
  })
})
