// One grammar of limits: `{ p95: 300, errorRate: 0.01, throughput: { above: 500 } }`, and the limit that each is, as data.
import { type Metric, type MetricKey, metrics, percentile, perUser } from './metric.ts'
import type { SeriesStatistic } from './series.ts'
import { type SeriesChoice, seriesMetric } from './series-metric.ts'
import type { Duration, Size } from './units.ts'

export type Relation = 'below' | 'at most' | 'above' | 'at least'

/** Grades of one limit. Worse than `acceptable` fails; without it than `target`, without both than `critical`. */
export interface Levels<Value = number> {
  readonly target?: Value
  readonly acceptable?: Value
  readonly critical?: Value
}

/** What is limited: a key of the metric table, any percentile of the latency by its share, or any series by its name. */
export interface Limit {
  readonly metric: MetricKey | 'percentile' | 'series'
  /** The share of a `'percentile'`, between 0 and 1. */
  readonly q?: number
  /** Of a `'series'`. */
  readonly series?: SeriesChoice
  readonly relation: Relation
  /** For each virtual user or connection. */
  readonly per?: 'vu'
  /** In the metric's unit: ms, bytes, percent, per second, share of 0 to 1. With levels: where failing begins. */
  readonly value: number
  readonly levels?: Levels
}

type AtTheMost<Value> = Value | { readonly below: Value } | Levels<Value>
/** Of servers: also for each of the virtual users or connections that a closed run had at most. */
type OfServers<Value> = AtTheMost<Value> | { readonly below: Value; readonly per: 'vu' }
type AtTheLeast<Value> = Value | { readonly above: Value } | Levels<Value>

/** Latencies are ms or `'300ms'`; a bare time, CPU or memory means below it. */
export interface Limits {
  readonly p50?: AtTheMost<Duration>
  readonly p75?: AtTheMost<Duration>
  readonly p90?: AtTheMost<Duration>
  readonly p95?: AtTheMost<Duration>
  readonly p99?: AtTheMost<Duration>
  readonly p999?: AtTheMost<Duration>
  readonly mean?: AtTheMost<Duration>
  readonly max?: AtTheMost<Duration>
  /** Share of 0 to 1; a bare value means at most. */
  readonly errorRate?: AtTheMost<number>
  /** ok per second; a bare value means at least. */
  readonly throughput?: AtTheLeast<number>
  /** Iterations per second that must be answered ok, to 1 %; a bare value means at least. */
  readonly rate?: AtTheLeast<number>
  /** Iterations that were due but not started; a bare value means at most. */
  readonly dropped?: AtTheMost<number>
  /** Share of checks that held, 0 to 1; a bare value means at least. */
  readonly checks?: AtTheLeast<number>
  /** Mean of the worst server, percent of one core. */
  readonly cpu?: OfServers<number>
  /** Peak of the worst server: bytes or `'300MB'`. */
  readonly memory?: OfServers<Size>
  /** Peak of the JavaScript heap in use of the worst Node server: bytes or `'100MB'`. */
  readonly heap?: OfServers<Size>
  /** How late timers of a Node server were: p99 of its worst second. */
  readonly loopDelay?: OfServers<Duration>
  /** The longest garbage collection of a Node server. */
  readonly gcPause?: OfServers<Duration>
  /** Peak of what keeps a Node server alive: sockets, timers, requests. */
  readonly handles?: OfServers<number>
  /** Mean over the run, bytes per second or `'5MB/s'`. */
  readonly diskRead?: OfServers<Size>
  readonly diskWrite?: OfServers<Size>
  /** What was sent to and received from the servers, heads and bodies: mean, bytes per second or `'5MB/s'`. */
  readonly sent?: OfServers<Size>
  readonly received?: OfServers<Size>
  /** Of the server that grows fastest, bytes per hour or `'10MB/h'`; a bare value means at most. */
  readonly memoryGrowth?: AtTheMost<Size>
  /** What may leak in an hour, of the worst server: bytes per hour or `'1MB/h'`; needs the option `leaks`. */
  readonly memoryLeak?: AtTheMost<Size>
  /** Numbers of probes, and all that is read of servers (of several the worst): `{ 'pool.waiting': { max: 0 } }`. */
  readonly series?: Readonly<Record<string, SeriesLimits>>
}

/** In the unit of the series, sizes also as text; a bare value means at most. */
export type SeriesLimits = {
  /** `growth` is per hour. */
  readonly [statistic in SeriesStatistic]?: AtTheMost<number | string>
}

type Subject = Pick<Limit, 'metric' | 'q' | 'series' | 'per'>

/** The row of the metric table that a limit is about. */
export function metricOf({ metric, q = Number.NaN, series, per }: Subject): Metric {
  const whole =
    metric === 'percentile'
      ? percentile(q)
      : metric === 'series'
        ? seriesMetric(series as SeriesChoice)
        : metrics[metric]
  return per === undefined ? whole : perUser(whole)
}

/**
 * Whether what was measured so far can cross it for good. A rate that is too low may yet be reached, what is read of servers,
 * probes and checks is judged at the end.
 */
export function canBreachEarly(limit: Limit): boolean {
  if (limit.metric === 'series' || limit.metric === 'checks') return false
  const { ofServers, unit } = metricOf(limit)
  return !ofServers && unit !== 'per second'
}

/** Nothing worse than the target passes: what would be degraded fails. */
export function strictly(limit: Limit): Limit {
  return { ...limit, value: limit.levels?.target ?? limit.value }
}

/** The error limit that every judged run carries unless it has one of its own. */
export function implicitErrorLimit(maxErrorRate: number): Limit {
  return { metric: 'errorRate', relation: 'at most', value: maxErrorRate }
}
