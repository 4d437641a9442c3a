// Turns a finished run and its verdicts into the record that a test hands to the main process.
import { Distribution } from '../core/distribution.ts'
import { generatorHealth } from '../core/generator-health.ts'
import { addIterations } from '../core/iterations.ts'
import type { Run } from '../core/run.ts'
import type { TimelineRow } from '../core/timeline.ts'
import { type ServerUsage, summarize, type UsageSample } from '../core/usage.ts'
import type { Verdict } from '../core/verdict.ts'
import type {
  GeneratorRecord,
  QuantilesRecord,
  RequestRecord,
  RunRecord,
  ServerRecord,
  SummaryRecord,
  TimelineRecord,
} from './case-record.ts'

/** A day of samples, one a second, would not fit beside the rest. */
const mostSamples = 600

export interface RunContext {
  readonly attempt: RunRecord['attempt']
  readonly verdicts: readonly Verdict[]
}

export function recordRun(run: Run, { attempt, verdicts }: RunContext): RunRecord {
  const { data, iterations } = run
  return {
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
    errorRate: known(run.errorRate),
    throughput: known(run.throughput),
    reachedRate: known(((iterations.scheduled - iterations.dropped) * 1000) / run.duration),
    latency: quantiles(run.latency),
    serviceTime: quantiles(run.serviceTime),
    errors: run.errors,
    checks: run.checks,
    requests: data.lanes.length > 1 ? data.lanes.map(({ name }) => request(run, name)) : [],
    timeline: { width: data.timeline.width, rows: data.timeline.rows.map(timelineRow) },
    usage: { servers: run.usage.servers.map(server), generator: generator(run) },
    warmup: {
      duration: rounded(data.warmup.duration),
      iterations: addIterations(data.warmup.lanes.map((lane) => lane.iterations)),
    },
    events: run.events.map((event) => ({ ...event, at: rounded(event.at) })),
    warnings: run.warnings,
    invalid: data.invalid,
    ...(run.aborted === undefined ? {} : { aborted: run.aborted }),
    verdicts,
  }
}

function request(run: Run, name: string): RequestRecord {
  const { iterations, errorRate, throughput, latency } = run.request(name)
  return {
    name,
    iterations,
    errorRate: known(errorRate),
    throughput: known(throughput),
    latency: quantiles(latency),
  }
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

function server({ name, pid, samples }: ServerUsage): ServerRecord {
  return {
    name,
    pid,
    cpuPercent: summary(samples, 'cpuPercent'),
    rssBytes: summary(samples, 'rssBytes'),
    samples: thin(samples),
  }
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
function thin(samples: readonly UsageSample[]): UsageSample[] {
  const width = Math.max(1, Math.ceil(samples.length / mostSamples))
  return Array.from({ length: Math.ceil(samples.length / width) }, (_, index) => {
    const group = samples.slice(index * width, (index + 1) * width)
    return {
      at: rounded((group.at(-1) as UsageSample).at),
      cpuPercent: rounded(group.reduce((sum, { cpuPercent }) => sum + cpuPercent, 0) / group.length),
      rssBytes: Math.max(...group.map(({ rssBytes }) => rssBytes)),
    }
  })
}

/** JSON has neither NaN nor Infinity: what is not known is null. */
function known(value: number): number | null {
  return Number.isFinite(value) ? rounded(value) : null
}

/** What was measured is known to the microsecond at best. */
function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}
