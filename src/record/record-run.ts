// Turns a finished run and its verdicts into the record that a test hands to the main process.
import { Distribution } from '../core/distribution.ts'
import { generatorHealth } from '../core/generator-health.ts'
import { addIterations } from '../core/iterations.ts'
import type { Run } from '../core/run.ts'
import type { Slice } from '../core/slice.ts'
import type { StagePlan } from '../core/stage.ts'
import type { TimelineRow } from '../core/timeline.ts'
import { type ServerUsage, summarize, type UsageSample } from '../core/usage.ts'
import type { Verdict } from '../core/verdict.ts'
import type {
  GeneratorRecord,
  QuantilesRecord,
  RequestRecord,
  RunRecord,
  ServerRecord,
  StageRecord,
  SummaryRecord,
  TimelineRecord,
} from './case-record.ts'
import { shortTexts } from './short-texts.ts'

/** A day of samples, one a second, would not fit beside the rest; nor would these of many servers. */
const mostSamples = 600
const mostSamplesInAll = 3000

export interface RunContext {
  readonly attempt: RunRecord['attempt']
  readonly verdicts: readonly Verdict[]
}

export function recordRun(run: Run, { attempt, verdicts }: RunContext): RunRecord {
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
    stages: data.stages.filter(({ start }) => start < run.duration).map((stage) => stageRecord(run, stage)),
    timeline: { width: data.timeline.width, rows: data.timeline.rows.map(timelineRow) },
    usage: { servers: servers(run.usage.servers), generator: generator(run) },
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

function servers(used: readonly ServerUsage[]): ServerRecord[] {
  const most = Math.max(1, Math.min(mostSamples, Math.floor(mostSamplesInAll / used.length)))
  return used.map(({ name, pid, samples }) => ({
    name,
    pid,
    cpuPercent: summary(samples, 'cpuPercent'),
    rssBytes: summary(samples, 'rssBytes'),
    samples: thin(samples, most),
  }))
}

function generator(run: Run): GeneratorRecord {
  const { samples, loopDelay, utilization } = run.usage.generator
  const { keptUp, reasons } = generatorHealth(run)
  return {
    keptUp,
    reasons,
    cpuPercent: summary(samples, 'cpuPercent'),
    rssBytes: summary(samples, 'rssBytes'),
    loopDelay: { p50: rounded(loopDelay.p50), p99: rounded(loopDelay.p99), max: rounded(loopDelay.max) },
    utilization: rounded(utilization),
    lag: quantiles(run.lag),
  }
}

function summary(samples: readonly UsageSample[], key: 'cpuPercent' | 'rssBytes'): SummaryRecord | null {
  const found = summarize(samples, key)
  return found ? { mean: rounded(found.mean), max: rounded(found.max) } : null
}

/** Neighbours become one: the mean of their CPU, the peak of their memory. */
function thin(samples: readonly UsageSample[], most: number): UsageSample[] {
  const width = Math.max(1, Math.ceil(samples.length / most))
  return Array.from({ length: Math.ceil(samples.length / width) }, (_, index) => {
    const group = samples.slice(index * width, (index + 1) * width)
    return {
      at: rounded((group.at(-1) as UsageSample).at),
      cpuPercent: rounded(group.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0) / group.length),
      rssBytes: Math.max(...group.map(({ rssBytes }) => rssBytes)),
    }
  })
}

/** A time. JSON has neither NaN nor Infinity: what is not known is null. */
function known(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null
}

/** Shares and rates: what is not quite 0 never reads as 0. */
function knownRate(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null
}

/** What was measured is known to the microsecond at best. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
