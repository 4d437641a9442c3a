// Everything one shard of a run records while it runs, and that record as mergeable data.

import type { ErrorCount } from './error-kind.ts'
import { Histogram, type HistogramData, mergeHistograms, mergeLive } from './histogram.ts'
import { addIterations } from './iterations.ts'
import { Lane, type LaneData } from './lane.ts'
import { mergeTimelines, Timeline, type TimelineData } from './timeline.ts'

/** What a shard recorded: plain data that can cross threads and be merged. Times in ms. */
export interface Recording {
  /** One per series: every request of a list, or the function. */
  readonly lanes: readonly LaneData[]
  readonly warmup: readonly LaneData[]
  readonly timeline: TimelineData
  /** How late iterations were sent after they were due; empty in a closed model. */
  readonly lag: HistogramData
  /** Measured time: from the measured start to the moment at which no more iterations were due. */
  readonly duration: number
  readonly checks: readonly CheckCount[]
}

/** How often a named check inside iterations held. */
export interface CheckCount {
  readonly name: string
  readonly passed: number
  readonly failed: number
}

/** All iterations of a run under way, added up: about once a second. Times in ms. */
export interface Snapshot {
  /** Measured time so far: negative while warming up, standing still while draining. */
  readonly elapsed: number
  /** Without service times and errors, because the load stands still while it is taken. */
  readonly lane: LaneData
  readonly lag: HistogramData
}

export interface RecorderOptions {
  readonly series: readonly string[]
  readonly open: boolean
  /** So many measured iterations and no more: none of the warm-up is added to them. Default: false. */
  readonly fixedAmount?: boolean
  /** The measured start, ms on the driver's clock: what is due (open) or sent (closed) earlier is warm-up. */
  readonly start: number
}

export class Recorder {
  readonly start: number
  readonly lag = new Histogram()
  readonly #lanes: readonly Lane[]
  readonly #warmup: readonly Lane[]
  readonly #timeline: Timeline
  readonly #checks = new Map<string, { passed: number; failed: number }>()
  #end: number | undefined

  constructor({ series, open, fixedAmount = false, start }: RecorderOptions) {
    this.start = start
    this.#timeline = new Timeline(start)
    this.#lanes = series.map((name) => new Lane(name, { open, timeline: this.#timeline }))
    const isStrict = open || fixedAmount
    this.#warmup = this.#lanes.map(
      (lane) => new Lane(lane.name, { open, ...(isStrict ? {} : { successor: { lane, start } }) }),
    )
  }

  /** Hot path: where an iteration of a series is counted that was due (open) or sent (closed) at this time. */
  lane(series: number, at: number): Lane {
    return (at < this.start ? this.#warmup : this.#lanes)[series] as Lane
  }

  check(name: string, passed: boolean): void {
    const counts = this.#checks.get(name) ?? { passed: 0, failed: 0 }
    this.#checks.set(name, counts)
    if (passed) counts.passed++
    else counts.failed++
  }

  /** No more iterations are due from now on (ms on the driver's clock); what is under way may still end. */
  stop(now: number): void {
    this.#end ??= now
    for (const lane of this.#lanes) lane.stop()
  }

  snapshot(now: number): Snapshot {
    return { elapsed: (this.#end ?? now) - this.start, lane: mergeUnderWay(this.#lanes), lag: this.lag.toData() }
  }

  /** Nothing is under way any more. The recorder is used up afterwards. */
  finish(now: number): Recording {
    const end = this.#end ?? now
    const lag = this.lag.toData()
    this.lag.destroy()
    return {
      lanes: this.#lanes.map((lane) => lane.finish()),
      warmup: this.#warmup.map((lane) => lane.finish()),
      timeline: this.#timeline.finish(end),
      lag,
      duration: Math.max(0, end - this.start),
      checks: [...this.#checks].map(([name, counts]) => ({ name, ...counts })),
    }
  }
}

/** The shards of one run, added up. */
export function mergeRecordings(parts: readonly Recording[]): Recording {
  const [first] = parts
  if (!first) throw new RangeError('mergeRecordings() needs at least one recording')
  if (parts.length === 1) return first
  const merge = (key: 'lanes' | 'warmup') =>
    first[key].map((_, index) => mergeLanes(parts.map((part) => part[key][index] as LaneData)))
  return {
    lanes: merge('lanes'),
    warmup: merge('warmup'),
    timeline: mergeTimelines(parts.map((part) => part.timeline)),
    lag: mergeHistograms(parts.map((part) => part.lag)),
    duration: Math.max(...parts.map((part) => part.duration)),
    checks: mergeChecks(parts.flatMap((part) => part.checks)),
  }
}

export function mergeLanes(lanes: readonly LaneData[], name = lanes[0]?.name ?? ''): LaneData {
  const histograms = (key: 'latency' | 'serviceTime' | 'censoredLatency' | 'censoredServiceTime') =>
    mergeHistograms(lanes.map((lane) => lane[key]))
  return {
    name,
    iterations: addIterations(lanes.map((lane) => lane.iterations)),
    okInTime: lanes.reduce((total, lane) => total + lane.okInTime, 0),
    latency: histograms('latency'),
    serviceTime: histograms('serviceTime'),
    censoredLatency: histograms('censoredLatency'),
    censoredServiceTime: histograms('censoredServiceTime'),
    errors: mergeErrors(lanes.flatMap((lane) => lane.errors)),
  }
}

function mergeUnderWay(lanes: readonly Lane[]): LaneData {
  return {
    ...mergeLanes([]),
    iterations: addIterations(lanes.map((lane) => lane.iterations)),
    okInTime: lanes.reduce((total, lane) => total + lane.okInTime, 0),
    latency: mergeLive(lanes.map((lane) => lane.latency)),
    censoredLatency: mergeLive(lanes.flatMap((lane) => lane.censoredLatency ?? [])),
  }
}

function mergeErrors(errors: readonly ErrorCount[]): ErrorCount[] {
  const sums = new Map<string, ErrorCount>()
  for (const error of errors) {
    const known = sums.get(error.kind)
    sums.set(error.kind, known ? { ...known, count: known.count + error.count } : error)
  }
  return [...sums.values()].sort((a, b) => b.count - a.count)
}

function mergeChecks(checks: readonly CheckCount[]): CheckCount[] {
  const sums = new Map<string, CheckCount>()
  for (const { name, passed, failed } of checks) {
    const known = sums.get(name) ?? { passed: 0, failed: 0 }
    sums.set(name, { name, passed: known.passed + passed, failed: known.failed + failed })
  }
  return [...sums.values()]
}
