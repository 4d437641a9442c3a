// What can be limited: one row per metric, with its unit, its good direction and how it is read from a slice.
import type { Bytes } from './byte-count.ts'
import type { Bounds } from './distribution.ts'
import type { ServerLeak } from './leak.ts'
import type { Relation } from './limit.ts'
import { Series } from './series.ts'
import type { ServerSeries, Slice } from './slice.ts'
import { peakLevel } from './stage.ts'
import { formatBytes, formatCount, formatMs, formatNumber, formatShare, formatSpan } from './units.ts'
import { type UsageName, usageKinds } from './usage.ts'
import type { Unit } from './verdict.ts'

export interface Reading {
  /** The value where both ends are one; otherwise what is possible. NaN when nothing is known. */
  readonly bounds: Bounds
  /** The likeliest value between the bounds, where these are an interval around it. */
  readonly estimate?: number
  /** Why nothing, or nothing exact, is known; empty when the value is exact. */
  readonly doubt: string
}

export interface Metric {
  readonly label: string
  readonly unit: Unit
  /** What a bare value as limit means; it tells the good direction as well. */
  readonly relation: Relation
  /** The share of a percentile. */
  readonly q?: number
  /** It is about the one worst iteration. */
  readonly worst?: boolean
  /** A generator that is late, or that runs on the server's event loop, makes it worse than it is. */
  readonly blamesGenerator: boolean
  /** Known for the whole run only. */
  readonly wholeRun: boolean
  /** Of the servers: not told apart by request. */
  readonly ofServers: boolean
  /** The share by which a limit may be missed. */
  readonly tolerance: number
  read(slice: Slice): Reading
  /** Where only a run knows the unit. */
  unitIn?(slice: Slice): Unit
  /** Where limits are read otherwise than the unit says, and what is right. */
  parse?(given: unknown): number | undefined
  readonly expected?: string
  /** The value without anything that a late generator can have caused. */
  innocent?(slice: Slice): number
}

const mean = (series: Series) => series.mean
const peak = (series: Series) => series.max
const tooShort = 'nothing ended ok in the first third of the run: it is too short for a target that takes so long'

export const metrics = {
  p50: percentile(0.5),
  p75: percentile(0.75),
  p90: percentile(0.9),
  p95: percentile(0.95),
  p99: percentile(0.99),
  p999: percentile(0.999),
  mean: latency('mean latency', (slice) => slice.latency.boundsOf('mean', gaveNoTime(slice))),
  max: { ...latency('max latency', (slice) => slice.latency.boundsOf('max', gaveNoTime(slice))), worst: true },
  errorRate: metric({
    label: 'error rate',
    unit: 'share',
    relation: 'at most',
    read: readErrors,
    innocent: withoutTimeouts,
  }),
  throughput: metric({
    label: 'throughput',
    unit: 'per second',
    relation: 'at least',
    blamesGenerator: true,
    read: (slice) => exactly(slice.throughput, 'no time was measured'),
  }),
  /** Answered ok, not only sent. A finite run always loses a little at its edges. */
  rate: metric({
    label: 'sustained rate',
    unit: 'per second',
    relation: 'at least',
    blamesGenerator: true,
    tolerance: 0.01,
    read: ({ sustained, duration }) => exactly(sustained, duration > 0 ? tooShort : 'no time was measured'),
  }),
  dropped: metric({
    label: 'dropped iterations',
    unit: 'count',
    relation: 'at most',
    blamesGenerator: true,
    read: (slice) => exactly(slice.iterations.dropped),
  }),
  checks: metric({ label: 'check rate', unit: 'share', relation: 'at least', wholeRun: true, read: readChecks }),
  cpu: ofServers('server CPU', 'cpu', mean),
  memory: ofServers('peak server memory', 'memory', peak),
  heap: ofServers('peak server heap', 'heapUsed', peak),
  /** The p99 of the worst second. */
  loopDelay: ofServers('event-loop delay', 'loopDelay', peak),
  gcPause: ofServers('longest GC pause', 'gcPause', peak),
  handles: ofServers('open handles', 'handles', peak),
  diskRead: ofServers('disk reads', 'diskRead', mean),
  diskWrite: ofServers('disk writes', 'diskWrite', mean),
  /** What we sent and received, heads and bodies. */
  sent: network('bytes sent', ({ sent }) => sent),
  received: network('bytes received', ({ received }) => received),
  memoryGrowth: metric({
    label: 'growth of server memory',
    unit: 'bytes per hour',
    relation: 'at most',
    ofServers: true,
    read: readGrowth,
  }),
  /** By forced collections, not by resident memory. */
  memoryLeak: metric({
    label: 'memory leak',
    unit: 'bytes per hour',
    relation: 'at most',
    wholeRun: true,
    ofServers: true,
    read: readLeak,
  }),
} satisfies Record<string, Metric>

/** The keys of `{ p95: 300, errorRate: 0.01 }`. */
export type MetricKey = keyof typeof metrics

export const metricKeys = Object.freeze(Object.keys(metrics)) as readonly MetricKey[]

/** Any percentile of the latency by its share, between 0 and 1. */
export function percentile(q: number): Metric {
  return {
    ...latency(`p${Number((q * 100).toFixed(6))} latency`, (slice) => slice.latency.bounds(q, slice.unknown)),
    q,
  }
}

/** A value of a metric as people write it: `184 ms`, `312 MB`, `98 %`, `199.4/s`. */
export function formatValue(value: number, unit: Unit): string {
  if (unit === 'ms') return formatMs(value)
  if (unit === 'bytes') return formatBytes(value)
  if (unit === 'share') return formatShare(value)
  if (unit === 'percent') return `${formatNumber(value)} %`
  if (unit === 'per second') return `${formatNumber(value)}/s`
  if (unit === 'bytes per second') return `${formatBytes(value)}/s`
  if (unit === 'bytes per hour') return `${formatBytes(value)}/h`
  return formatNumber(value)
}

type Row = Pick<Metric, 'label' | 'unit' | 'relation' | 'read'> & Partial<Metric>

function metric(row: Row): Metric {
  return Object.freeze({ blamesGenerator: false, wholeRun: false, ofServers: false, tolerance: 0, ...row })
}

/** A number of the worst server. */
function ofServers(label: string, name: UsageName, figure: (series: Series) => number): Metric {
  const { unit } = usageKinds[name]
  const read = (slice: Slice) => readServers(slice, name, figure)
  return metric({ label, unit, relation: 'below', ofServers: true, read })
}

/** A mean over the run. */
function network(label: string, figure: (bytes: Bytes) => number): Metric {
  const read = ({ data: { bytes, duration } }: Slice): Reading => {
    if (bytes === undefined)
      return exactly(Number.NaN, 'what a function sends and receives is its own: nobody counts it')
    return exactly((figure(bytes) * 1000) / duration)
  }
  return metric({ label, unit: 'bytes per second', relation: 'below', wholeRun: true, ofServers: true, read })
}

/** The same for each of the users or connections that the run had at most. */
export function perUser(whole: Metric): Metric {
  const read = (slice: Slice): Reading => {
    const users = usersOf(slice)
    if (users === undefined) return exactly(Number.NaN, 'an open run has no number of VUs: limit it as a whole')
    const { bounds, doubt } = whole.read(slice)
    return { bounds: { lower: bounds.lower / users, upper: bounds.upper / users }, doubt }
  }
  return Object.freeze({ ...whole, label: `${whole.label} per VU`, read })
}

function usersOf({ data, model, start, duration }: Slice): number | undefined {
  const { vus, connections } = data.asked
  if (model === 'open') return undefined
  const inTime = data.stages.filter((stage) => stage.end > start && stage.start < start + duration)
  return vus ?? connections ?? (inTime.length === 0 ? undefined : peakLevel(inTime))
}

function latency(label: string, bounds: (slice: Slice) => Bounds): Metric {
  const read = (slice: Slice) => ({ bounds: bounds(slice), doubt: latencyDoubt(slice, bounds(slice)) })
  return metric({ label, unit: 'ms', relation: 'below', blamesGenerator: true, read })
}

/** Under way at the end of a window is not among them: what takes longest is known when it has ended. */
function gaveNoTime({ iterations, unsent }: Slice): number {
  return iterations.dropped + unsent
}

function latencyDoubt(slice: Slice, { lower, upper }: Bounds): string {
  if (slice.latency.count === slice.latency.censored) return outcome(slice)
  const unknown = formatCount(slice.unknown, 'iteration')
  const cause =
    slice.unknown > 0
      ? `${unknown} of ${slice.iterations.scheduled.toLocaleString('en-US')} that gave no time: dropped, never sent, or still waiting`
      : 'iterations that timed out or had not ended'
  if (upper === Number.POSITIVE_INFINITY) return `it lands on ${cause}: at least ${formatMs(lower)}`
  return `it is between ${formatMs(lower)} and ${formatMs(upper)}, depending on ${cause}`
}

/**
 * What is unfinished may yet have ended well or badly. In a closed run a target that is down is hardly asked, because its
 * users wait before they try again: there the share of the time in which it was down counts too.
 */
function readErrors(slice: Slice): Reading {
  const { ok, failed, timedOut, unfinished } = slice.iterations
  const all = ok + failed + timedOut + unfinished
  if (Number.isNaN(slice.errorRate)) return exactly(Number.NaN, outcome(slice))
  const worst = (failed + timedOut + unfinished) / all
  const down = slice.model === 'closed' ? slice.downShare : 0
  const doubt =
    worst < down
      ? `in ${formatShare(down)} of the time nothing ended ok, but a closed run sends little while its target is down`
      : `${formatCount(unfinished, 'iteration')} had not ended: they may have been errors or not`
  return { bounds: { lower: (failed + timedOut) / all, upper: Math.max(worst, down) }, doubt }
}

function withoutTimeouts({ iterations, unsent }: Slice): number {
  const { ok, failed, timedOut } = iterations
  return (failed - unsent) / (ok + failed + timedOut)
}

function exactly(value: number, doubt = ''): Reading {
  return { bounds: { lower: value, upper: value }, doubt }
}

/** What became of the iterations when none of them gave a number. */
function outcome({ iterations }: Slice): string {
  const { scheduled, ok, failed, timedOut, unfinished, dropped } = iterations
  if (scheduled === 0) return 'no iteration was due'
  const rest = Object.entries({ failed, 'timed out': timedOut, unfinished, dropped }).filter(([, count]) => count > 0)
  const named = rest.map(([how, count]) => `${count.toLocaleString('en-US')} ${how}`).join(', ')
  return `${ok} of ${formatCount(scheduled, 'iteration')} ended ok: ${named}`
}

function readChecks({ checks }: Slice): Reading {
  const passed = checks.reduce((sum, check) => sum + check.passed, 0)
  const failed = checks.reduce((sum, check) => sum + check.failed, 0)
  return exactly(passed / (passed + failed), 'no check was made: call check(name, held) in the iteration')
}

/** The worst server counts. One of which nothing is known may be worse than all others. */
function readServers({ servers }: Slice, series: UsageName, figure: (series: Series) => number): Reading {
  const figures = servers.map(({ series: known }) => known[series] && figure(known[series]))
  const known = figures.filter((value) => value !== undefined)
  const unknown = servers.filter((_, index) => figures[index] === undefined)
  if (servers.length === 0) return exactly(Number.NaN, unwatched)
  if (unknown.length === 0) return exactly(Math.max(...known))
  const doubt = unseenDoubt(unknown, series)
  if (known.length === 0) return exactly(Number.NaN, doubt)
  return { bounds: { lower: Math.max(...known), upper: Number.POSITIVE_INFINITY }, doubt }
}

const unwatched = 'no server is watched: start it with serve(), or give its pid as monitor'

/** Why a number is not known of servers, and how to judge the others without them. */
function unseenDoubt(unknown: readonly ServerSeries[], series: UsageName): string {
  const names = unknown.map(({ name }) => `"${name}"`).join(', ')
  const reasons = [...new Set(unknown.flatMap(({ unseen }) => unseen))]
  if (reasons.length === 0) return `no sample of ${names} was taken in the measured time`
  return `the ${usageKinds[series].label} of ${names} was not seen: ${reasons.join('; ')}`
}

/** The share of a series in which a server still warms up. */
const warmingShare = 0.3
/** Resident memory moves by so much without any growth: what is less over the time tells nothing. */
const leastGrowth = 2 ** 20
const leastGrowthShare = 0.02

/** Of the worst server: what it leaks, 0 when it does not. */
function readLeak({ leaks }: Slice): Reading {
  if (leaks === undefined) return exactly(Number.NaN, 'nobody looked for leaks: load(target, { leaks: true })')
  if (leaks.length === 0) return exactly(Number.NaN, 'no Node server was watched: start it with serve()')
  const leaking = leaks.filter(({ verdict }) => verdict === 'leak')
  if (leaking.length > 0) {
    const [worst] = leaking.map(({ perHour }) => perHour).sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
    const { value, lower, upper } = worst as ServerLeak['perHour']
    const bounds = { lower: lower ?? value ?? Number.NaN, upper: upper ?? Number.POSITIVE_INFINITY }
    return { bounds, ...(value === null ? {} : { estimate: value }), doubt: 'the limit lies inside of its interval' }
  }
  const open = leaks.filter(({ verdict }) => verdict === 'inconclusive')
  if (open.length === 0) return exactly(0)
  return exactly(Number.NaN, open.map(({ server, reason }) => `${server}: ${reason}`).join('; '))
}

/** Of the server that grows fastest, with the interval in which its growth lies. */
function readGrowth({ servers }: Slice): Reading {
  if (servers.length === 0) return exactly(Number.NaN, unwatched)
  const readings = servers.map(({ series: { memory } }) => memory && growthOf(memory))
  if (readings.some((reading) => reading === undefined)) {
    return exactly(
      Number.NaN,
      unseenDoubt(
        servers.filter((_, index) => !readings[index]),
        'memory',
      ),
    )
  }
  return (readings as Reading[]).reduce((worst, reading) => {
    return (reading.estimate ?? Number.NaN) > (worst.estimate ?? Number.NaN) ? reading : worst
  })
}

function growthOf(memory: Series): Reading {
  const first = Math.floor(memory.count * warmingShare)
  const { unit, at, values } = memory
  const settled = new Series({ unit, at: at.slice(first), values: values.slice(first) })
  const { slope, lower, upper } = settled.growth
  const window = (settled.at.at(-1) ?? 0) - (settled.at[0] ?? 0)
  if (Number.isNaN(slope)) return exactly(Number.NaN, 'too few samples were taken: growth needs a longer run')
  const invisible = (Math.max(leastGrowth, leastGrowthShare * settled.mean) * 3_600_000) / window
  const bounds = { lower: lower < invisible ? Math.min(lower, 0) : lower, upper: Math.max(upper, invisible) }
  const doubt = `within ${formatSpan(window)} it grew by something between ${formatBytes(bounds.lower)} and ${formatBytes(bounds.upper)} an hour: a longer run narrows that`
  return { bounds, estimate: slope, doubt }
}
