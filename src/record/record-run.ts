// Turns a finished run and its verdicts into the record that a test hands to the main process.
import { Distribution } from '../core/distribution.ts'
import type { ServerWhy } from '../core/explanation.ts'
import { generatorHealth } from '../core/generator-health.ts'
import { addIterations } from '../core/iterations.ts'
import type { ServerLeak } from '../core/leak.ts'
import type { Run } from '../core/run.ts'
import { fitSeries, Series, type SeriesData } from '../core/series.ts'
import { ServerSlice } from '../core/server-slice.ts'
import type { Slice } from '../core/slice.ts'
import type { StagePlan } from '../core/stage.ts'
import type { TimelineRow } from '../core/timeline.ts'
import { joinOf } from '../core/usage.ts'
import type { Verdict } from '../core/verdict.ts'
import type {
  GeneratorRecord,
  QuantilesRecord,
  RequestRecord,
  RunRecord,
  SeriesRecord,
  ServerShareRecord,
  StageRecord,
  SummaryRecord,
  TimelineRecord,
  WhyRecord,
} from './case-record.ts'
import { shortTexts } from './short-texts.ts'

/** All numbers of many servers, 600 of each, would not fit beside the rest. */
const mostSamples = 600
const mostSamplesInAll = 2000
const mostHeapSamplesInAll = 600

export interface RunContext {
  readonly attempt: RunRecord['attempt']
  readonly verdicts: readonly Verdict[]
  /** The profiles of its servers lie where it says. Default: false. */
  readonly keptFiles?: boolean
}

export function recordRun(run: Run, { attempt, verdicts, keptFiles = false }: RunContext): RunRecord {
  const { data, iterations } = run
  return shortTexts({
    id: run.id,
    name: run.name,
    target: data.target,
    executor: run.executor,
    model: run.model,
    asked: run.asked,
    attempt,
    startedAt: data.startedAt,
    duration: rounded(run.duration),
    iterations,
    errorRate: knownRate(run.errorRate),
    throughput: knownRate(run.throughput),
    reachedRate: knownRate(((iterations.scheduled - iterations.dropped) * 1000) / run.duration),
    latency: quantiles(run.latency),
    serviceTime: quantiles(run.serviceTime),
    errors: run.errors,
    checks: run.checks,
    requests: data.lanes.length > 1 ? data.lanes.map(({ name }) => ({ name, ...part(run.request(name)) })) : [],
    servers: serverShares(run),
    stages: data.stages.filter(({ start }) => start < run.duration).map((stage) => stageRecord(run, stage)),
    timeline: { width: data.timeline.width, rows: data.timeline.rows.map(timelineRow) },
    usage: usage(run),
    ...(data.allocations === undefined
      ? {}
      : { allocations: data.allocations.map((each) => ({ ...each, files: keptFiles ? each.files : [] })) }),
    ...(data.leaks === undefined
      ? {}
      : { leaks: data.leaks.map((leak, _, all) => leakRecord(leak, { isKept: keptFiles, of: all.length })) }),
    bytes: data.bytes ?? null,
    why: (data.why ?? []).map((server) => whyRecord(server, keptFiles)),
    warmup: {
      duration: rounded(data.warmup.duration),
      iterations: addIterations(data.warmup.lanes.map((lane) => lane.iterations)),
    },
    events: run.events.map((event) => ({ ...event, at: rounded(event.at) })),
    warnings: run.warnings,
    invalid: data.invalid,
    ...(run.aborted === undefined ? {} : { aborted: run.aborted }),
    verdicts,
  })
}

function part({ iterations, errorRate, throughput, latency }: Slice): Omit<RequestRecord, 'name'> {
  return {
    iterations,
    errorRate: knownRate(errorRate),
    throughput: knownRate(throughput),
    latency: quantiles(latency),
  }
}

/** Of a server by itself that no relay stands before, they are those of the run. */
function serverShares({ data }: Run): ServerShareRecord[] {
  const servers = data.servers ?? []
  if (servers.length === 1 && servers[0]?.source === 'requests') return []
  return servers.map((server) => ({
    ...{ name: server.name, source: server.source },
    ...part(new ServerSlice(data, server)),
  }))
}

function stageRecord(run: Run, { name, start, end, from, to }: StagePlan): StageRecord {
  return { name, start: rounded(start), end: rounded(end), from, to, ...part(run.stage(name)) }
}

function timelineRow({ latency, censoredLatency, ...counts }: TimelineRow): TimelineRecord {
  const times = new Distribution(latency, censoredLatency)
  return {
    ...counts,
    p50: known(times.p50),
    p95: known(times.p95),
    p99: known(times.p99),
    max: known(times.max),
  }
}

function quantiles(times: Distribution): QuantilesRecord {
  return {
    count: times.count,
    censored: times.censored,
    min: known(times.min),
    mean: known(times.mean),
    p50: known(times.p50),
    p75: known(times.p75),
    p90: known(times.p90),
    p95: known(times.p95),
    p99: known(times.p99),
    p999: known(times.p999),
    max: known(times.max),
  }
}

function usage(run: Run): RunRecord['usage'] {
  const { servers, probes } = run.usage
  const count = servers.reduce((sum, { series }) => sum + Object.keys(series).length, Object.keys(probes).length)
  const most = Math.max(3, Math.min(mostSamples, Math.floor(mostSamplesInAll / count)))
  return {
    servers: servers.map(({ name, pid, series, unseen }) => ({
      name,
      pid,
      series: seriesRecords(series, most),
      unseen,
    })),
    generator: generator(run),
    probes: seriesRecords(probes, most),
  }
}

/** A series without samples has neither mean nor peak. */
function seriesRecords(series: Readonly<Record<string, SeriesData>>, most: number): Record<string, SeriesRecord> {
  const sampled = Object.entries(series).filter(([, { at }]) => at.length > 0)
  const records = sampled.map(([name, data]) => {
    const { mean, max } = new Series(data)
    const { unit, at, values } = fitSeries(data, joinOf(name), most)
    return [name, { unit, mean: rounded(mean), max: rounded(max), at: at.map(rounded), values: values.map(short) }]
  })
  return Object.fromEntries(records)
}

function generator(run: Run): GeneratorRecord {
  const { series, loopDelay, utilization } = run.usage.generator
  const { keptUp, reasons } = generatorHealth(run)
  return {
    keptUp,
    reasons,
    cpu: summary(series.cpu),
    memory: summary(series.memory),
    loopDelay: { p50: rounded(loopDelay.p50), p99: rounded(loopDelay.p99), max: rounded(loopDelay.max) },
    utilization: rounded(utilization),
    lag: quantiles(run.lag),
  }
}

function summary(data: SeriesData | undefined): SummaryRecord | null {
  if (!data) return null
  const { mean, max } = new Series(data)
  return { mean: rounded(mean), max: rounded(max) }
}

function leakRecord(
  { heap, files, ...leak }: ServerLeak,
  { isKept, of }: { readonly isKept: boolean; readonly of: number },
): ServerLeak {
  const { unit, at, values } = fitSeries(heap, 'max', Math.max(3, Math.floor(mostHeapSamplesInAll / of)))
  return { ...leak, heap: { unit, at: at.map(rounded), values: values.map(short) }, files: isKept ? files : [] }
}

function whyRecord({ profile, cpu: _, ...explanation }: ServerWhy, isKept: boolean): WhyRecord {
  const { busyShare, gcShare, longestBlock, hot } = explanation
  return {
    ...explanation,
    ...(isKept && profile !== undefined ? { profile } : {}),
    busyShare: busyShare === null ? null : known(busyShare),
    gcShare: gcShare === null ? null : known(gcShare),
    longestBlock: longestBlock === null ? null : known(longestBlock),
    hot: hot.map((spot) => ({
      ...spot,
      share: rounded(spot.share),
      wallShare: rounded(spot.wallShare),
      ms: rounded(spot.ms),
    })),
  }
}

/** A time. JSON has neither NaN nor Infinity: what is not known is null. */
function known(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null
}

/** Shares and rates: what is not quite 0 never reads as 0. */
function knownRate(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null
}

/** A sample of a series: seven digits are more than it is exact. */
function short(value: number): number {
  return Number(rounded(value).toPrecision(7))
}

/** What was measured is known to the microsecond at best. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
