// Builds runs from arrays of samples, so that a test of judging or reporting says exactly what was measured.
import type { ErrorCount } from '../../src/core/error-kind.ts'
import { Histogram, type HistogramData } from '../../src/core/histogram.ts'
import type { LaneData } from '../../src/core/lane.ts'
import type { Asked, Executor, RunData } from '../../src/core/run.ts'
import { Run } from '../../src/core/run.ts'
import type { SeriesData } from '../../src/core/series.ts'
import { Timeline, type TimelineData } from '../../src/core/timeline.ts'
import {
  type GeneratorUsage,
  type ServerUsage,
  type UsageName,
  type UsageSeries,
  usageKinds,
} from '../../src/core/usage.ts'

/** How the iterations of one request (or function) ended. Times in ms. */
export interface LaneParts {
  /** Latencies of the ok iterations. */
  readonly ok?: readonly number[]
  /** Of the ok ones; default: the latencies. */
  readonly serviceTime?: readonly number[]
  /** Those of the ok ones that ended before sending stopped; default: all. */
  readonly okInTime?: number
  /** How long the given-up ones were waited for. */
  readonly timedOut?: readonly number[]
  readonly unfinished?: readonly number[]
  /** A number of answers with status 500, or errors by kind. Time-outs are added by themselves. */
  readonly failed?: number | readonly ErrorCount[]
  readonly dropped?: number
  /** Default: the sum of the rest, so that the ledger balances. */
  readonly scheduled?: number
}

/** Everything else of a run; what is left out is a healthy run of 10 s with 10 virtual users and no watched server. */
export interface RunParts
  extends LaneParts,
    Partial<
      Pick<
        RunData,
        | 'id'
        | 'name'
        | 'target'
        | 'startedAt'
        | 'duration'
        | 'checks'
        | 'stages'
        | 'occupancy'
        | 'events'
        | 'warnings'
        | 'invalid'
        | 'doubts'
        | 'bytes'
        | 'why'
        | 'leaks'
        | 'aborted'
      >
    > {
  /** The executor and the model follow from it: `{ rate: 200 }` is an open run. */
  readonly asked?: Asked
  /** A list target: its requests by name, instead of the counts of a single one. */
  readonly requests?: Readonly<Record<string, LaneParts>>
  /** How late each iteration of an open run was sent. */
  readonly lag?: readonly number[]
  readonly servers?: readonly ServerUsage[]
  readonly probes?: Readonly<Record<string, SeriesData>>
  readonly generator?: Partial<GeneratorUsage>
  readonly limits?: RunData['limits']
}

const idleGenerator: GeneratorUsage = {
  series: seriesOf({ cpu: [20], memory: [90e6] }),
  loopDelay: { p50: 0.1, p99: 1.2, max: 4 },
  utilization: 0.2,
  sharesLoop: false,
}

export function buildRun(parts: RunParts = {}): Run {
  return Run.from(buildRunData(parts))
}

export function buildRunData(parts: RunParts = {}): RunData {
  const { duration = 10_000, name = 'GET /', requests = { [name]: parts } } = parts
  const asked = { duration, ...(parts.asked ?? { vus: 10 }) }
  const lanes = Object.entries(requests)
  return {
    version: 1,
    id: parts.id ?? 'run-1',
    name,
    target: parts.target ?? 'GET http://127.0.0.1:3000/',
    ...executorOf(asked),
    asked,
    startedAt: parts.startedAt ?? '2026-01-01T00:00:00.000Z',
    duration,
    lanes: lanes.map(([lane, counts]) => buildLane(lane, counts)),
    warmup: { duration: 0, lanes: lanes.map(([lane]) => buildLane(lane, {})) },
    stages: parts.stages ?? [],
    timeline: buildTimeline(Object.values(requests), duration),
    lag: histogram(parts.lag),
    checks: parts.checks ?? [],
    ...(parts.occupancy === undefined ? {} : { occupancy: parts.occupancy }),
    usage: {
      servers: parts.servers ?? [],
      generator: { ...idleGenerator, ...parts.generator },
      probes: parts.probes ?? {},
    },
    ...(parts.bytes === undefined ? {} : { bytes: parts.bytes }),
    ...(parts.why === undefined ? {} : { why: parts.why }),
    ...(parts.leaks === undefined ? {} : { leaks: parts.leaks }),
    events: parts.events ?? [],
    warnings: parts.warnings ?? [],
    invalid: parts.invalid ?? [],
    doubts: parts.doubts ?? [],
    ...(parts.aborted === undefined ? {} : { aborted: parts.aborted }),
    limits: parts.limits ?? [],
  }
}

/** A watched server, sampled once a second: `{ cpu: [80, 98], memory: [300e6, 312e6] }`. */
export function buildServer({
  name = 'server',
  pid = 4242,
  unseen = [],
  ...values
}: {
  readonly name?: string
  readonly pid?: number
  readonly unseen?: readonly string[]
} & SecondBySecond): ServerUsage {
  return { name, pid, series: seriesOf(values), unseen }
}

type SecondBySecond = { readonly [name in UsageName]?: readonly number[] }

function seriesOf(values: SecondBySecond): UsageSeries {
  const series = Object.entries(values).map(([name, given]) => {
    const { unit } = usageKinds[name as UsageName]
    return [name, { unit, at: given.map((_, index) => (index + 1) * 1000), values: given }]
  })
  return Object.fromEntries(series)
}

function executorOf(asked: Asked): { executor: Executor; model: 'open' | 'closed' } {
  if (asked.rate !== undefined) return { executor: 'constant-arrival-rate', model: 'open' }
  return { executor: asked.connections === undefined ? 'constant-vus' : 'connections', model: 'closed' }
}

function buildLane(name: string, parts: LaneParts): LaneData {
  const { ok = [], timedOut = [], unfinished = [], failed = 0, dropped = 0 } = parts
  const failures =
    typeof failed === 'number' ? [{ kind: 'http-5xx' as const, count: failed, example: 'status 500' }] : failed
  const timeouts = { kind: 'timeout' as const, count: timedOut.length, example: 'no answer within 10 s' }
  const failedCount = failures.reduce((sum, { count }) => sum + count, 0)
  const latency = histogram(ok)
  const censored = histogram([...timedOut, ...unfinished])
  return {
    name,
    iterations: {
      scheduled: parts.scheduled ?? ok.length + failedCount + timedOut.length + unfinished.length + dropped,
      ok: ok.length,
      failed: failedCount,
      timedOut: timedOut.length,
      unfinished: unfinished.length,
      dropped,
    },
    okInTime: parts.okInTime ?? ok.length,
    ownInTime: Math.min(parts.okInTime ?? ok.length, ok.length),
    marked: 0,
    early: { count: Math.ceil(ok.length / 3), sum: ok.slice(0, Math.ceil(ok.length / 3)).reduce((a, b) => a + b, 0) },
    latency,
    serviceTime: parts.serviceTime ? histogram(parts.serviceTime) : latency,
    censoredLatency: censored,
    censoredServiceTime: censored,
    errors: [...failures, timeouts].filter(({ count }) => count > 0),
  }
}

/** Ends are spread evenly over the duration, in the order of the arrays. */
function buildTimeline(lanes: readonly LaneParts[], duration: number): TimelineData {
  const timeline = new Timeline(0)
  const ends = lanes.flatMap(({ ok = [], timedOut = [], unfinished = [], failed = 0, dropped = 0 }) => {
    const failures = typeof failed === 'number' ? failed : failed.reduce((sum, { count }) => sum + count, 0)
    return [
      ...spread(ok, (at, latency) => timeline.ok(at, latency)),
      ...spread(timedOut, (at, latency) => timeline.timedOut(at, latency)),
      ...spread(unfinished, (at, latency) => timeline.unfinished(at, latency)),
      ...spread(Array<number>(failures).fill(0), (at) => timeline.failed(at)),
      ...spread(Array<number>(dropped).fill(0), (at) => timeline.dropped(at)),
    ]
  })
  for (const { share, end } of ends.sort((a, b) => a.share - b.share)) end(share * duration)
  return timeline.finish(duration)
}

function spread(times: readonly number[], end: (at: number, time: number) => void) {
  return times.map((time, index) => ({ share: (index + 0.5) / times.length, end: (at: number) => end(at, time) }))
}

function histogram(times: readonly number[] = []): HistogramData {
  const filling = new Histogram()
  for (const time of times) filling.record(time)
  const data = filling.toData()
  filling.destroy()
  return data
}
