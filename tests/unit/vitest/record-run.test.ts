// What is left of a run when it is handed to the main process: small, JSON-safe, nothing unknown told as 0.
import { expect, it } from 'vitest'
import { judge } from '../../../src/core/verdict.ts'
import { recordRun } from '../../../src/record/record-run.ts'
import { buildRun, buildServer } from '../../support/run-builder.ts'
import { buildStagedRun } from '../../support/staged-run.ts'

const context = { attempt: { retry: 1, repeat: 0 }, verdicts: [] }

it('holds the numbers of the run', () => {
  const run = buildRun({
    asked: { rate: 50 },
    ok: Array.from({ length: 100 }, (_, index) => index + 1),
    failed: 2,
    timedOut: [10_000],
    dropped: 3,
    servers: [buildServer({ name: 'api', pid: 7, cpu: [50, 100], memory: [1e6, 3e6] })],
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
      servers: [{ name: 'api', pid: 7, series: { cpu: { mean: 75, max: 100 }, memory: { mean: 2e6, max: 3e6 } } }],
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
    buildRun({ servers: [buildServer({ name: 'api' })], generator: { series: {} } }),
    context,
  )
  expect(errorRate).toBeNull()
  expect(latency).toMatchObject({ count: 0, min: null, mean: null, p50: null, max: null })
  expect(usage.servers[0]?.series).toEqual({})
  expect(usage.generator?.cpu).toBeNull()
})

it('tells requests of a list apart', () => {
  const requests = { 'GET /a': { ok: [1, 2] }, 'GET /b': { failed: 2 } }
  const record = recordRun(buildRun({ requests }), context)
  expect(record.requests).toMatchObject([
    { name: 'GET /a', errorRate: 0, latency: { count: 2 } },
    { name: 'GET /b', errorRate: 1, latency: { count: 0, p95: null } },
  ])
})

it('never rounds a share or a rate to 0', () => {
  const requests = { 'GET /a': { ok: Array<number>(10_000).fill(1), failed: 3 }, 'GET /b': { ok: [1] } }
  const hour = 3_600_000
  const record = recordRun(buildRun({ requests, duration: hour }), context)
  expect(record.errorRate).toBeCloseTo(3 / 10_004, 8)
  expect(record.requests[0]?.errorRate).toBeCloseTo(3 / 10_003, 8)
  expect(record.requests[1]?.throughput).toBeCloseTo(1 / 3600, 8)
  const { throughput, reachedRate } = recordRun(buildRun({ ok: [1], duration: hour }), context)
  expect([throughput, reachedRate]).toEqual([expect.closeTo(1 / 3600, 8), expect.closeTo(1 / 3600, 8)])
})

it('tells stages apart that the run came to', () => {
  const stage = (name: string, level: [number, number], ok: number[], failed = 0) => ({
    ...{ name, level, requests: { 'GET /': { ok, failed } } },
  })
  const stages = [stage('rise', [0, 10], [1, 2, 3]), stage('peak', [10, 10], [40], 1), stage('fall', [10, 0], [])]
  const whole = recordRun(buildStagedRun({ unit: 'vus', stages }), context)
  expect(whole.stages).toMatchObject([
    {
      name: 'rise',
      start: 0,
      end: 2000,
      from: 0,
      to: 10,
      errorRate: 0,
      throughput: 1.5,
      latency: { count: 3, p50: 2 },
    },
    { name: 'peak', start: 2000, end: 4000, from: 10, to: 10, iterations: { scheduled: 2, ok: 1 }, errorRate: 0.5 },
    { name: 'fall', start: 4000, end: 6000, from: 10, to: 0, errorRate: null, throughput: 0, latency: { p95: null } },
  ])
  const cut = recordRun(buildStagedRun({ unit: 'rate', stages, duration: 3000, aborted: 'Ctrl-C' }), context)
  // 1 ok in the second that there was of it.
  expect(cut.stages.map(({ name, end, throughput }) => [name, end, throughput])).toEqual([
    ['rise', 2000, 1.5],
    ['peak', 4000, 1],
  ])
  expect(recordRun(buildRun({ ok: [1] }), context).stages).toEqual([])
})

it('survives JSON unchanged, verdicts too', () => {
  const run = buildRun({ ok: [0.1234567, 3], unfinished: [5], aborted: 'interrupted' })
  const verdicts = [judge(run, { metric: 'p95', relation: 'below', value: 10 })]
  const record = recordRun(run, { ...context, verdicts })
  expect(JSON.parse(JSON.stringify(record))).toEqual(record)
  expect(record.latency.min).toBe(0.123)
  expect(record.aborted).toBe('interrupted')
})

it('stays below 1 MB after a day of as many stages as there may be', () => {
  const day = 86_400
  const cpu = Array.from({ length: day }, (_, second) => second % 100)
  const memory = Array.from({ length: day }, (_, second) => 1e8 + second)
  const level = [1, 1000] as const
  const requests = { 'GET /': { ok: Array.from({ length: 5000 }, (_, index) => index / 7) } }
  const run = buildStagedRun({
    unit: 'rate',
    stages: Array.from({ length: 100 }, (_, index) => ({ name: `a stage with a name ${index}`, level, requests })),
    duration: day * 1000,
    ...requests['GET /'],
    servers: ['a', 'b', 'c'].map((name) => buildServer({ name, cpu, memory })),
  })
  const record = recordRun(run, context)
  expect(record.stages).toHaveLength(100)
  expect(JSON.stringify(record).length).toBeLessThan(1e6)
  const [server] = record.usage.servers
  expect(server?.series.memory?.at.length).toBeLessThanOrEqual(600)
  expect(server?.series.memory?.at.at(-1)).toBe(day * 1000)
  expect(server?.series.memory?.values.at(-1)).toBeCloseTo(1e8 + day - 1, -2)
  expect(server?.series.cpu).toMatchObject({ mean: 49.5, max: 99 })
  expect(server?.series.memory?.max).toBe(1e8 + day - 1)
})

it('leaves out the series of a probe that never answered', () => {
  const queue = { unit: 'count', at: [1000, 2000], values: [4, 2], peaks: [9, 3] } as const
  const run = buildRun({ ok: [1], probes: { queue, hanging: { unit: 'count', at: [], values: [] } } })
  expect(recordRun(run, context).usage.probes).toEqual({
    queue: { unit: 'count', mean: 3, max: 9, at: [1000, 2000], values: [4, 2] },
  })
})
