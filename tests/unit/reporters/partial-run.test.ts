// A run known only by its progress: balanced, marked, and silent about what nobody knows.
import { expect, it } from 'vitest'
import { partialRun } from '../../../reporters/partial-run.ts'
import { isBalanced } from '../../../src/core/iterations.ts'
import { sampleProgress } from '../../support/sample-report.ts'

it('counts what was under way as unfinished, so that the ledger balances', () => {
  const run = partialRun(sampleProgress(), 'interrupted')
  expect(run.iterations).toEqual({ scheduled: 600, ok: 594, failed: 0, timedOut: 1, unfinished: 5, dropped: 0 })
  expect(isBalanced(run.iterations)).toBe(true)
  expect(run).toMatchObject({ aborted: 'interrupted', duration: 3000, throughput: 198, reachedRate: 200 })
  expect(run.errorRate).toBeCloseTo(1 / 595)
})

it('says null for what it does not know', () => {
  const { latency, serviceTime, usage, warmup } = partialRun(sampleProgress(), 'interrupted')
  expect(latency).toMatchObject({ count: 594, p50: 12, p95: 42, p99: 80, p90: null, max: null })
  expect(serviceTime).toMatchObject({ count: 0, p95: null })
  expect(usage.generator).toBeNull()
  expect(usage.servers).toMatchObject([{ name: 'server', pid: null, series: { cpu: { max: 43 } } }])
  expect(warmup.iterations).toBeNull()
})

it('is of length 0 and without rates when it ended while warming up', () => {
  const iterations = { scheduled: 0, ok: 0, failed: 0, timedOut: 0, unfinished: 0, dropped: 0 }
  const tick = { elapsed: -500, iterations, p50: Number.NaN, p95: Number.NaN, p99: Number.NaN }
  const run = partialRun(sampleProgress({ tick }), 'interrupted')
  expect(run).toMatchObject({ duration: 0, throughput: null, reachedRate: null, errorRate: null })
  expect(run.latency.p95).toBeNull()
})
