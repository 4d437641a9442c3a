// A report in which every field of the contract is filled, and variations of its run for what reporters must show.
import type { Verdict } from '../../src/core/verdict.ts'
import type { ProgressRecord, QuantilesRecord, RunRecord, StageRecord } from '../../src/record/case-record.ts'
import type { CaseReport, Report } from '../../src/record/report.ts'

/** Optional fields are there, lists have at least one entry, what may be null is not. */
type Filled<T> = T extends readonly (infer Item)[]
  ? readonly [Filled<Item>, ...Filled<Item>[]]
  : T extends object
    ? { readonly [Key in keyof T]-?: Filled<NonNullable<T[Key]>> }
    : T

const latency = {
  count: 6000,
  censored: 19,
  min: 1.2,
  mean: 48.3,
  p50: 42,
  p75: 66,
  p90: 120,
  p95: 184,
  p99: 310,
  p999: 318,
  max: 322,
} satisfies QuantilesRecord

const iterations = { scheduled: 6000, ok: 5981, failed: 0, timedOut: 19, unfinished: 0, dropped: 0 }

export const failedVerdict = {
  status: 'fail',
  metric: 'p95 latency',
  unit: 'ms',
  subject: 'POST /api/sessions',
  relation: 'below',
  limit: 100,
  level: 'failed',
  value: 184,
  atLeast: false,
  interval: { lower: 171, upper: 196 },
  marginal: false,
  reason: 'the interval is above the limit',
  notes: ['the generator was late now and then'],
  implicit: false,
} satisfies Filled<Verdict>

export const passedVerdict: Verdict = {
  status: 'pass',
  metric: 'error rate',
  unit: 'share',
  subject: 'POST /api/sessions',
  relation: 'at most',
  limit: 0.01,
  value: 0.0032,
  atLeast: false,
  interval: null,
  marginal: false,
  notes: [],
  implicit: true,
}

const filledRun = {
  id: 'run-1',
  name: 'POST /api/sessions',
  target: 'POST http://127.0.0.1:4000/api/sessions',
  executor: 'constant-arrival-rate',
  model: 'open',
  asked: {
    ...{ connections: 50, pipelining: 1, amount: 6000, vus: 20, iterations: 6000, batch: 20, iterationsPerVu: 300 },
    thinkTime: { min: 100, max: 200 },
    ...{ rate: 200, arrivals: 'uniform', duration: 30_000, workers: 2, seed: 1 },
    stages: [{ name: 'peak', duration: 30_000, from: 0, vus: 20, rate: 200 }],
  },
  attempt: { retry: 0, repeat: 0 },
  startedAt: '2026-01-02T03:04:05.678Z',
  duration: 30_000,
  iterations,
  errorRate: 0.0032,
  throughput: 198.7,
  reachedRate: 199.4,
  latency,
  serviceTime: { ...latency, p95: 180 },
  errors: [{ kind: 'timeout', count: 19, example: 'POST /api/sessions: no answer within 10 s' }],
  checks: [{ name: 'has a session id', passed: 5981, failed: 0 }],
  requests: [{ name: 'POST /api/sessions', iterations, errorRate: 0.0032, throughput: 198.7, latency }],
  servers: [{ name: 'api-a', source: 'relay', iterations, errorRate: 0.0032, throughput: 198.7, latency }],
  stages: [
    {
      ...{ name: 'peak', start: 0, end: 30_000, from: 0, to: 20 },
      ...{ iterations, errorRate: 0.0032, throughput: 198.7, latency },
    },
  ],
  timeline: {
    width: 1000,
    rows: [
      { due: 200, ok: 199, failed: 0, timedOut: 1, unfinished: 0, dropped: 0, p50: 42, p95: 184, p99: 310, max: 322 },
    ],
  },
  usage: {
    servers: [
      {
        name: 'server',
        pid: 4711,
        series: {
          cpu: { unit: 'percent', mean: 98, max: 120, at: [1000], values: [98] },
          memory: { unit: 'bytes', mean: 290_000_000, max: 312_000_000, at: [1000], values: [300_000_000] },
        },
        unseen: ['its event loop: it is no Node server'],
      },
    ],
    generator: {
      keptUp: true,
      reasons: ['its event loop was busy 96 % of the time'],
      cpu: { mean: 43, max: 60 },
      memory: { mean: 110_000_000, max: 121_000_000 },
      loopDelay: { p50: 0.1, p99: 1.4, max: 5 },
      utilization: 0.4,
      lag: { ...latency, p99: 1.4 },
    },
    probes: { queueDepth: { unit: 'count', mean: 3, max: 4, at: [1000], values: [4] } },
  },
  bytes: { sent: 1_200_000, received: 3_400_000 },
  why: [
    {
      ...{ server: 'server', process: 4711 },
      profile: '.vitest/vitest-load/profiles/post-api-sessions-server-4711-run.cpuprofile',
      loop: 'busy',
      busyShare: 0.97,
      saturatedFor: 4000,
      gcShare: 0.03,
      longestBlock: 41,
      sentence: 'the event loop was busy 97 % of the time',
      hot: [
        {
          name: 'renderInvoice',
          file: 'src/invoice.ts',
          line: 42,
          column: 8,
          hottestLine: 47,
          share: 0.61,
          wallShare: 0.59,
          ms: 18_000,
          calledFrom: { name: 'sendInvoice', file: 'src/orders.ts', line: 7 },
          block: { longest: 41, times: 12 },
        },
      ],
      remarks: ['its source map is missing: dist/invoice.js.map'],
    },
  ],
  allocations: [
    {
      ...{ server: 'server', process: 4711 },
      sites: [{ name: 'remember', file: 'src/orders.ts', line: 12, bytes: 4e6, share: 0.8 }],
      files: ['.vitest/vitest-load/heaps/post-api-sessions-server-4711-run.heapprofile'],
    },
  ],
  leaks: [
    {
      ...{ server: 'server', process: 4711 },
      verdict: 'leak',
      reason: 'after forced collections the heap grew by 5 MB in 40 s',
      perHour: { value: 450e6, lower: 440e6, upper: 460e6 },
      perRequest: 321,
      growth: 5e6,
      window: 40_000,
      heap: { unit: 'bytes', at: [1000], values: [12e6] },
      before: 10e6,
      after: 15e6,
      constructors: [{ name: 'Order', count: [100, 200, 300], bytes: [1e4, 2e4, 3e4] }],
      sites: [{ name: 'remember', file: 'src/orders.ts', line: 12, bytes: 4e6, share: 0.8 }],
      files: ['.vitest/vitest-load/heaps/post-api-sessions-server-4711-run-1.heapsnapshot'],
    },
  ],
  warmup: { duration: 3000, iterations: { ...iterations, scheduled: 600, ok: 600, timedOut: 0 } },
  events: [{ at: 5000, name: 'server restarted', detail: 'pid 4712' }],
  warnings: ['0.3 % of the warm-up failed'],
  invalid: ['the ledger does not balance: 6,000 iterations scheduled, 5,999 accounted for'],
  aborted: 'interrupted',
  verdicts: [failedVerdict],
} satisfies Filled<RunRecord>

export const filledReport = {
  version: 1,
  createdAt: '2026-01-02T03:04:05.678Z',
  environment: {
    vitestLoad: '0.1.0',
    vitest: '5.1.1',
    node: '24.9.0',
    platform: 'linux 6.1.0 x64',
    cpus: 2,
    cpuModel: 'Some CPU',
    memoryBytes: 8_000_000_000,
  },
  interrupted: true,
  cases: [
    {
      file: 'tests/load/sessions.load.ts',
      name: 'POST /api/sessions > keeps its promise at 200 sessions a second',
      project: 'load',
      state: 'failed',
      errors: ['expected p95 latency of "POST /api/sessions" below 100 ms, got 184 ms (95 % interval 171-196)'],
      runs: [filledRun],
    },
  ],
} satisfies Filled<Report>

/** A healthy open run of 30 s that met its limit. */
export function sampleRun(changes: Partial<RunRecord> = {}): RunRecord {
  const { aborted: _aborted, ...run } = filledRun
  const generator = { ...run.usage.generator, reasons: [] }
  return {
    ...run,
    asked: { rate: 200, duration: 30_000 },
    iterations: { ...iterations, ok: 6000, timedOut: 0 },
    errorRate: 0,
    latency: { ...latency, censored: 0 },
    errors: [],
    requests: [],
    servers: [],
    stages: [],
    checks: [],
    usage: { ...run.usage, generator },
    events: [],
    warnings: [],
    invalid: [],
    verdicts: [{ ...failedVerdict, status: 'pass', limit: 200, reason: undefined, notes: [] }, passedVerdict],
    ...changes,
  } as RunRecord
}

/** 2 s of stages that went well, one after the other at 10, 20, 30 ... iterations per second. */
export function sampleStages(changes: readonly Partial<StageRecord>[]): StageRecord[] {
  return changes.map((change, index) => ({
    ...{ name: `stage ${index + 1}`, start: index * 2000, end: (index + 1) * 2000 },
    ...{ from: (index + 1) * 10, to: (index + 1) * 10, errorRate: 0, throughput: (index + 1) * 10 },
    iterations: { ...iterations, scheduled: (index + 1) * 20, ok: (index + 1) * 20, timedOut: 0 },
    latency: { ...latency, censored: 0 },
    ...change,
  }))
}

export function sampleCase(changes: Partial<CaseReport> = {}): CaseReport {
  const [filled] = filledReport.cases
  return { ...filled, state: 'passed', errors: [], runs: [sampleRun()], ...changes }
}

export function sampleReport(cases: readonly CaseReport[] = [sampleCase()], changes: Partial<Report> = {}): Report {
  return { ...filledReport, interrupted: false, cases, ...changes }
}

/** A run of 10 s, 3 s in, with one iteration timed out and five under way. */
export function sampleProgress(changes: Partial<ProgressRecord> = {}): ProgressRecord {
  return {
    id: 'run-1',
    name: 'POST /api/sessions',
    target: 'POST http://127.0.0.1:4000/api/sessions',
    executor: 'constant-arrival-rate',
    model: 'open',
    asked: { rate: 200, duration: 10_000 },
    attempt: { retry: 0, repeat: 0 },
    startedAt: '2026-01-02T03:04:05.678Z',
    warmup: 1000,
    tick: {
      elapsed: 3000,
      iterations: { scheduled: 600, ok: 594, failed: 0, timedOut: 1, unfinished: 0, dropped: 0 },
      p50: 12,
      p95: 42,
      p99: 80,
    },
    servers: [{ name: 'server', cpuPercent: 43, rssBytes: 112_000_000 }],
    over: false,
    ...changes,
  }
}
