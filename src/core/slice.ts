// A run or a part of one: the readers that every matcher works on.
import { Distribution } from './distribution.ts'
import type { ErrorCount } from './error-kind.ts'
import { LoadTestError } from './errors.ts'
import type { ServerWhy } from './explanation.ts'
import type { HistogramData } from './histogram.ts'
import { errorRate, type Iterations } from './iterations.ts'
import type { LaneData } from './lane.ts'
import type { ServerAllocations, ServerLeak } from './leak.ts'
import { show } from './problems.ts'
import type { CheckCount } from './recording.ts'
import type { RunData } from './run.ts'
import { Series, type Span } from './series.ts'
import { expectedName, probeNamed, serverSeries, unknownSeries } from './series-metric.ts'
import { meanLevel } from './stage.ts'
import { mergeRows, type TimelineRow } from './timeline.ts'
import { isUsageName, type Usage, type UsageName, usageKinds } from './usage.ts'

export interface SliceParts {
  readonly name: string
  readonly run: RunData
  readonly lane: LaneData
  /** When its time begins, ms from the measured start. Default: 0. */
  readonly start?: number
  /** ms */
  readonly duration: number
  /** Of these iterations alone. Default: that of the run. */
  readonly lag?: HistogramData
  /** A part of the run's time; without it: all of the measured time. */
  readonly window?: Window
  /** Only some of the iterations of its time. Default: false. */
  readonly isShare?: boolean
}

/** What only the timeline knows of a part of the time. */
export interface Window {
  readonly rows: readonly TimelineRow[]
  /** ok iterations that ended in it. */
  readonly okInTime: number
  /** By how much more iterations were under way at its end than at its beginning. */
  readonly backlog: number
  /** Of a stage: only its own iterations tell whether it was kept up with, as many as were due in it. */
  readonly own?: Pick<LaneData, 'ownInTime' | 'early'> & {
    /** Arrivals that were asked for, of each that came: 1 but for those at random. */
    readonly askedOfEach: number
  }
}

/** One server in a part of the time. */
export interface ServerSeries {
  readonly name: string
  readonly pid: number
  readonly series: { readonly [name in UsageName]?: Series }
  /** What could not be seen of it and why, in sentences. */
  readonly unseen: readonly string[]
}

export class Slice {
  readonly name: string
  /** The run this is, or is a part of. */
  readonly data: RunData
  /** When its time begins, ms from the measured start. */
  readonly start: number
  /** Measured time in ms until sending stopped. */
  readonly duration: number
  /** Iterations per second that an open run was asked for, on average of this time; undefined in a closed model. */
  readonly askedRate: number | undefined
  readonly iterations: Iterations
  /** ok per second: only what ended before sending stopped, so that draining a backlog does not flatter. */
  readonly throughput: number
  /**
   * ok per second that the target kept up with: `throughput`, and of what was drained so much as was under way from the
   * beginning (rate x median latency of the first third of the time, Little's law). NaN when nothing ended in that third.
   */
  readonly sustained: number
  /** (failed + timedOut) / (ok + failed + timedOut), 0 to 1; NaN when nothing ended. */
  readonly errorRate: number
  readonly errors: readonly ErrorCount[]
  /** Open model: from the planned instant. Closed model: from the send. Per iteration, ms. */
  readonly latency: Distribution
  /** From the real send, ms. */
  readonly serviceTime: Distribution

  /** Failed iterations that never reached the target, because the generator had no descriptor or port for them. */
  readonly unsent: number
  /** Iterations of which not even a lower bound is known: dropped, never sent, or a growing backlog at the end of a window. */
  readonly unknown: number
  /** Share of the time, by rows of the timeline, in which iterations failed and none ended ok. */
  readonly downShare: number

  /** Only some of the iterations of its time: what servers used in it was not for these alone. */
  readonly isShare: boolean

  readonly #lag: HistogramData

  constructor({ name, run, lane, start = 0, duration, lag = run.lag, window, isShare = false }: SliceParts) {
    this.name = name
    this.data = run
    this.start = start
    this.isShare = isShare
    this.duration = duration
    this.askedRate =
      run.model === 'open' ? (run.asked.rate ?? meanLevel(run.stages, start, start + duration)) : undefined
    this.iterations = lane.iterations
    this.#lag = lag
    const rows = window?.rows ?? measuredRows(run)
    const okInTime = window?.okInTime ?? lane.okInTime
    const perSecond = duration > 0 ? 1000 / duration : Number.NaN
    this.throughput = okInTime * perSecond
    const rate = lane.iterations.scheduled / duration
    this.sustained = perSecond * (window ? keptInPart(run, lane, { window, rate }) : keptInRun(rows, lane, rate))
    this.unsent = unsentOf(lane, run)
    this.unknown = lane.iterations.dropped + this.unsent + (window?.backlog ?? 0)
    this.downShare = rows.filter(isDown).length / Math.max(1, rows.length)
    this.errorRate = errorRate(lane.iterations)
    this.errors = lane.errors
    this.latency = new Distribution(lane.latency, lane.censoredLatency)
    this.serviceTime = new Distribution(lane.serviceTime, lane.censoredServiceTime)
  }

  get model(): 'open' | 'closed' {
    return this.data.model
  }

  /** How late iterations were sent after they were due; without samples in a closed model. ms. */
  get lag(): Distribution {
    return new Distribution(this.#lag)
  }

  get checks(): readonly CheckCount[] {
    return this.data.checks
  }

  get usage(): Usage {
    return this.data.usage
  }

  /** What servers used in this time, by the names of `usage`; a series without samples in it is missing. */
  get servers(): readonly ServerSeries[] {
    const span = this.#span
    return this.data.usage.servers.map(({ name, pid, series, unseen }) => {
      const inTime = (Object.keys(usageKinds) as UsageName[]).flatMap((key) => {
        const found = series[key] && new Series(series[key], span)
        return found && found.count > 0 ? [[key, found] as const] : []
      })
      return { name, pid, series: Object.fromEntries(inTime), unseen }
    })
  }

  /**
   * A number of a probe in this time: `run.probe('queueDepth').max`. Its readers give NaN where no sample was taken. Throws
   * `invalid-options` for an unknown name.
   */
  probe(name: string): Series {
    const found = probeNamed(this.usage, name)
    if (found) return new Series(found, this.#span)
    throw new LoadTestError('invalid-options', `run.probe(): ${expectedName(Object.keys(this.usage.probes), name)}`)
  }

  /** The same of a probe or of a server, by the names of `usage`; of several servers that with the highest number. */
  series(name: string): Series {
    if (isUsageName(name)) return serverSeries(this, name)
    const unknown = unknownSeries(this.usage, name)
    if (unknown === undefined) return this.probe(name)
    throw new LoadTestError('invalid-options', `run.series(): ${unknown}`)
  }

  /** What the Node servers did with their time, by their CPU profiles; empty where none was taken. */
  get why(): readonly ServerWhy[] {
    return this.data.why ?? []
  }

  /** Of each process of a Node server whether it leaks; undefined where that was not asked. */
  get leaks(): readonly ServerLeak[] | undefined {
    return this.data.leaks
  }

  /** Who allocated in the Node servers what is still there; empty where nobody asked. */
  get allocations(): readonly ServerAllocations[] {
    return this.data.allocations ?? []
  }

  /** Undefined where it is all of the run: its last samples come when the last iteration has ended. */
  get #span(): Span | undefined {
    const { start, duration } = this
    return start === 0 && duration === this.data.duration ? undefined : { start, end: start + duration }
  }

  get warnings(): readonly string[] {
    return this.data.warnings
  }

  /** False when no verdict can be given on these numbers; `data.invalid` says why. */
  get valid(): boolean {
    return this.data.invalid.length === 0
  }
}

/** Throws `invalid-options` that names the call when there is no such lane. */
export function laneNamed(
  name: string,
  { lanes, call }: { readonly lanes: readonly LaneData[]; readonly call: string },
): LaneData {
  const lane = lanes.find((candidate) => candidate.name === name)
  if (lane) return lane
  const known = lanes.map((candidate) => `'${candidate.name}'`).join(', ')
  throw new LoadTestError('invalid-options', `${call}: expected one of ${known}, got ${show(name)}`)
}

/** A window does not know the errors of its own: as many as it can have of those of the run. */
function unsentOf({ iterations: { failed }, errors }: LaneData, { lanes }: RunData): number {
  const known = errors.length > 0 ? errors : lanes.flatMap((lane) => lane.errors)
  const unsent = known.filter(({ kind }) => kind === 'generator').reduce((sum, { count }) => sum + count, 0)
  return Math.min(failed, unsent)
}

/** The rows of the measured time, without those in which only what was left was drained. */
function measuredRows({ timeline: { rows, width }, duration }: RunData): readonly TimelineRow[] {
  return rows.slice(0, Math.max(1, Math.ceil(duration / width)))
}

function isDown({ ok, failed, timedOut }: TimelineRow): boolean {
  return ok === 0 && failed + timedOut > 0
}

/** What ended in time, and of what was drained so much as is usually under way. */
function keptInRun(rows: readonly TimelineRow[], { iterations, okInTime }: LaneData, rate: number): number {
  const drained = iterations.ok - okInTime
  return okInTime + (drained && Math.min(drained, rate * usualTime(rows)))
}

/**
 * The same of a part of a run, whose rest is drained into the next part. How many are under way is a matter of chance, up
 * to three deviations above the mean (Poisson).
 */
function keptInPart(
  run: RunData,
  { iterations }: LaneData,
  { window: { okInTime, backlog, own }, rate }: { readonly window: Window; readonly rate: number },
): number {
  const time = own ? own.early.sum / own.early.count : usualTime(measuredRows(run))
  const usual = rate * time || 0
  const most = usual + 3 * Math.sqrt(usual)
  if (!own) return okInTime + Math.min(backlog, most)
  return (own.ownInTime + Math.min(iterations.ok - own.ownInTime, most)) * own.askedOfEach
}

/** The median latency of the first third of the rows, without those before anything was due. */
function usualTime(rows: readonly TimelineRow[]): number {
  const used = rows.slice(
    Math.max(
      0,
      rows.findIndex((row) => row.due > 0 || row.ok > 0),
    ),
  )
  const { latency } = mergeRows(used.slice(0, Math.ceil(used.length / 3)))
  return new Distribution(latency).p50
}
