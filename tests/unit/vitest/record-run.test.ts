// What is left of a run when it is handed to the main process: small, JSON-safe, nothing unknown told as 0.
import { expect, it } from 'vitest'
import { judge } from '../../../src/core/verdict.ts'
import { recordRun } from '../../../src/record/record-run.ts'
import { buildRun, buildServer } from '../../support/run-builder.ts'

const context = { attempt: { retry: 1, repeat: 0 }, verdicts: [] }

it('holds the numbers of the run', () => {
  const run = buildRun({
    asked: { rate: 50 },
    ok: Array.from({ length: 100 }, (_, index) => index + 1),
    failed: 2,
    timedOut: [10_000],
    dropped: 3,
    servers: [buildServer({ name: 'api', pid: 7, cpu: [50, 100], rss: [1e6, 3e6] })],
    warnings: ['mind this'],
  })
  const record = recordRun(run, context)
  expect(record).toMatchObject({
    id: run.id,
    name: 'GET /',
    executor: 'constant-arrival-rate',
    attempt: { retry: 1, repeat: 0 },
    iterations: { scheduled: 106, ok: 100, failed: 2, timedOut: 1, dropped: 3 },
    throughput: 10,
    reachedRate: 10.3,
    latency: { count: 101, censored: 1, min: 1, max: 10_000 },
    requests: [],
    usage: {
      servers: [{ name: 'api', pid: 7, cpuPercent: { mean: 75, max: 100 }, rssBytes: { mean: 2e6, max: 3e6 } }],
      generator: { keptUp: true, reasons: [] },
    },
    warnings: ['mind this'],
    invalid: [],
  })
  expect(record.latency.p99).toBeCloseTo(100, 0)
  expect(record.errorRate).toBeCloseTo(3 / 103, 3)
  expect(record.timeline.rows.reduce((sum, { ok }) => sum + ok, 0)).toBe(100)
})

it('says null for what is not known', () => {
  const { errorRate, latency, usage } = recordRun(
    buildRun({ servers: [buildServer({ name: 'api' })], generator: { samples: [] } }),
    context,
  )
  expect(errorRate).toBeNull()
  expect(latency).toMatchObject({ count: 0, min: null, mean: null, p50: null, max: null })
  expect(usage.servers[0]).toMatchObject({ cpuPercent: null, rssBytes: null })
  expect(usage.generator?.cpuPercent).toBeNull()
})

it('tells requests of a list apart', () => {
  const requests = { 'GET /a': { ok: [1, 2] }, 'GET /b': { failed: 2 } }
  const record = recordRun(buildRun({ requests }), context)
  expect(record.requests).toMatchObject([
    { name: 'GET /a', errorRate: 0, latency: { count: 2 } },
    { name: 'GET /b', errorRate: 1, latency: { count: 0, p95: null } },
  ])
})

it('survives JSON unchanged, verdicts too', () => {
  const run = buildRun({ ok: [0.1234567, 3], unfinished: [5], aborted: 'interrupted' })
  const verdicts = [judge(run, { metric: 'p95', relation: 'below', value: 10 })]
  const record = recordRun(run, { ...context, verdicts })
  expect(JSON.parse(JSON.stringify(record))).toEqual(record)
  expect(record.latency.min).toBe(0.123)
  expect(record.aborted).toBe('interrupted')
})

it('stays below 1 MB after a day', () => {
  const day = 86_400
  const cpu = Array.from({ length: day }, (_, second) => second % 100)
  const rss = Array.from({ length: day }, (_, second) => 1e8 + second)
  const run = buildRun({
    duration: day * 1000,
    ok: Array.from({ length: 5000 }, (_, index) => index / 7),
    servers: ['a', 'b', 'c'].map((name) => buildServer({ name, cpu, rss })),
  })
  const record = recordRun(run, context)
  expect(JSON.stringify(record).length).toBeLessThan(1e6)
  const [server] = record.usage.servers
  expect(server?.samples.length).toBeLessThanOrEqual(600)
  expect(server?.samples.at(-1)).toMatchObject({ at: day * 1000, rssBytes: 1e8 + day - 1 })
  expect(server?.cpuPercent).toEqual({ mean: 49.5, max: 99 })
  expect(server?.rssBytes?.max).toBe(1e8 + day - 1)
})
