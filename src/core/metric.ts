// What can be limited: one row per metric, with its unit, its good direction and how it is read from a slice.
import type { Bytes } from './byte-count.ts'
import type { Bounds } from './distribution.ts'
import { mostUtilization } from './generator-health.ts'
import type { Relation } from './limit.ts'
import { exactly, nothing, perEach, type Reading } from './reading.ts'
import { readGrowth, readLeak, readNetwork, readUsage } from './server-reading.ts'
import type { Slice } from './slice.ts'
import { peakLevel } from './stage.ts'
import { formatBytes, formatCount, formatMs, formatNumber, formatShare } from './units.ts'
import { type UsageName, usageKinds } from './usage.ts'
import type { Unit } from './verdict.ts'

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
  /** By how much a late generator can have made it worse, at most. Default: by any, where the generator can be blamed at all. */
  overstated?(slice: Slice): number
}

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
    overstated: timeouts,
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
  cpu: ofServers('server CPU', 'cpu', 'mean'),
  memory: ofServers('peak server memory', 'memory', 'max'),
  heap: ofServers('peak server heap', 'heapUsed', 'max'),
  /** The p99 of the worst second. */
  loopDelay: ofServers('event-loop delay', 'loopDelay', 'max'),
  gcPause: ofServers('longest GC pause', 'gcPause', 'max'),
  handles: ofServers('open handles', 'handles', 'max'),
  diskRead: ofServers('disk reads', 'diskRead', 'mean'),
  diskWrite: ofServers('disk writes', 'diskWrite', 'mean'),
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
function ofServers(label: string, name: UsageName, figure: 'max' | 'mean'): Metric {
  const { unit } = usageKinds[name]
  const read = (slice: Slice) => readUsage(slice, name, figure)
  return metric({ label, unit, relation: 'below', ofServers: true, read })
}

/** A mean over the run of what we sent and received. */
function network(label: string, figure: (bytes: Bytes) => number): Metric {
  const read = (slice: Slice) => readNetwork(slice, figure)
  return metric({ label, unit: 'bytes per second', relation: 'below', ofServers: true, read })
}

/** The same for each of the users or connections that the run had at most. */
export function perUser(whole: Metric): Metric {
  const read = (slice: Slice): Reading => {
    const users = usersOf(slice)
    if (users === undefined) return nothing('an open run has no number of VUs: limit it as a whole')
    return perEach(whole.read(slice), users)
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
  return metric({ label, unit: 'ms', relation: 'below', blamesGenerator: true, read, overstated: unreadFor })
}

/**
 * In a closed run an answer lies unread for one turn of the generator's event loop, if that has turns to spare. In an open run
 * nobody knows what lateness did, because what was late is then sent at once.
 */
function unreadFor({ model, unsent, usage: { generator } }: Slice): number {
  const isKnown = model === 'closed' && unsent === 0 && generator.utilization < mostUtilization
  return isKnown ? generator.loopDelay.max : Number.POSITIVE_INFINITY
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
  if (Number.isNaN(slice.errorRate)) return nothing(outcome(slice))
  const worst = (failed + timedOut + unfinished) / all
  const down = slice.model === 'closed' ? slice.downShare : 0
  const doubt =
    worst < down
      ? `in ${formatShare(down)} of the time nothing ended ok, but a closed run sends little while its target is down`
      : `${formatCount(unfinished, 'iteration')} had not ended: they may have been errors or not`
  return { bounds: { lower: (failed + timedOut) / all, upper: Math.max(worst, down) }, doubt }
}

/** What was late may have been sent in time by a better generator, and what was never sent may have ended well. */
function timeouts({ iterations, unsent }: Slice): number {
  const { ok, failed, timedOut, unfinished } = iterations
  return (timedOut + unsent) / (ok + failed + timedOut + unfinished)
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
