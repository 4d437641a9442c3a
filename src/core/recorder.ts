// Everything one shard of a run records while it runs, and that record as mergeable data.
import { addBytes, ByteCount, type Bytes } from './byte-count.ts'
import type { ErrorCount } from './error-kind.ts'
import { emptyHistogram, Histogram, type HistogramData, mergeHistograms, mergeLive } from './histogram.ts'
import { addIterations } from './iterations.ts'
import { Ending, Lane, type LaneData } from './lane.ts'
import { MarkedMoments } from './marked-moments.ts'
import { addOccupancy, Occupancy, type OccupancyData } from './occupancy.ts'
import type { StagePlan } from './stage.ts'
import { commonStandstills, type Standstill } from './standstill.ts'
import { mergeTimelines, Timeline, type TimelineData } from './timeline.ts'

/** What a shard recorded: plain data that can cross threads and be merged. Times in ms. */
export interface Recording {
  /** One per series: every request of a list, or the function. */
  readonly lanes: readonly LaneData[]
  readonly warmup: readonly LaneData[]
  /** The same iterations by the stage in which they were due (open) or sent (closed); empty without stages. */
  readonly stages: readonly StageData[]
  readonly timeline: TimelineData
  /** How late iterations were sent after they were due; empty in a closed model. */
  readonly lag: HistogramData
  /** Measured time: from the measured start to the moment at which no more iterations were due. */
  readonly duration: number
  /** What the users of a closed run did with their time; undefined in an open one. */
  readonly occupancy?: OccupancyData
  readonly checks: readonly CheckCount[]
  /** In the measured time; absent where no connection was ours. */
  readonly bytes?: Bytes
  /** When work was under way and nothing completed for a long time. */
  readonly standstills: readonly Standstill[]
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

/** A stage of a run, with what was due (open) or sent (closed) in it. Times in ms from the measured start. */
export interface StageData extends StagePlan {
  readonly lanes: readonly LaneData[]
  /** How late what was due in it was sent. */
  readonly lag: HistogramData
}

/** A name says what is checked, not for whom: so many are told apart, all further ones are counted as this one. */
export const mostChecks = 100
export const furtherChecks = 'all further checks'

export interface RecorderOptions {
  readonly series: readonly string[]
  readonly open: boolean
  /** So many measured iterations and no more: none of the warm-up is added to them. Default: false. */
  readonly fixedAmount?: boolean
  /** The measured start, ms on the driver's clock: what is due (open) or sent (closed) earlier is warm-up. */
  readonly start: number
  /** The longest that the measured time may last, ms. Default: any. */
  readonly duration?: number
  /** Iterations are also counted by stage. Default: not. */
  readonly stages?: readonly StagePlan[]
}

/** The lanes of a stage, or of a run that has none. */
interface StageLanes {
  readonly lanes: readonly Lane[]
  /** ms on the driver's clock; of the last one Infinity. */
  readonly end: number
  readonly lag: Histogram
}

export class Recorder {
  readonly start: number
  readonly lag = new Histogram()
  readonly occupancy: Occupancy
  /** Begun and ended by whoever holds the server up. */
  readonly moments = new MarkedMoments()
  readonly bytes = new ByteCount()
  /** Sending stops then, if not before: may be brought forward while it goes on. ms on the driver's clock */
  endsBy = Number.POSITIVE_INFINITY
  readonly #open: boolean
  readonly #plans: readonly StagePlan[]
  readonly #endings: readonly Ending[]
  readonly #stages: readonly StageLanes[]
  readonly #warmup: readonly Lane[]
  readonly #timeline: Timeline
  readonly #checks = new Map<string, { passed: number; failed: number }>()
  #stage: StageLanes
  #end: number | undefined

  constructor({ series, open, fixedAmount = false, start, duration, stages = [] }: RecorderOptions) {
    this.start = start
    this.occupancy = new Occupancy(start, start + (duration ?? Number.POSITIVE_INFINITY))
    this.#open = open
    this.#plans = stages
    this.#timeline = new Timeline(start)
    const ends = [...stages.slice(0, -1).map(({ end }) => start + end), Number.POSITIVE_INFINITY]
    const stretches = stages.length > 0 ? stages : [{ start: 0, end: duration ?? Number.POSITIVE_INFINITY }]
    const thirds = stretches.map((stage) => start + stage.start + (stage.end - stage.start) / 3)
    const endings = series.map(() => endingsOf(ends))
    this.#endings = endings.map(([first]) => first as Ending)
    this.#stages = ends.map((end, index) => ({
      end,
      lag: new Histogram(),
      lanes: series.map((name, lane) => {
        const ending = endings[lane]?.[index] as Ending
        const { moments } = this
        return new Lane(name, { open, ending, earlyUntil: thirds[index] as number, timeline: this.#timeline, moments })
      }),
    }))
    this.#stage = this.#stages[0] as StageLanes
    const isStrict = open || fixedAmount
    this.#warmup = this.#stage.lanes.map(
      (lane) => new Lane(lane.name, { open, ...(isStrict ? {} : { successor: { lane, start } }) }),
    )
  }

  /** Hot path: where an iteration of a series is counted that was due (open) or sent (closed) at this time; none earlier than the last. */
  lane(series: number, at: number): Lane {
    if (at < this.start) return this.#warmup[series] as Lane
    if (at >= this.#stage.end) this.#stage = this.#stages.find(({ end }) => at < end) as StageLanes
    return this.#stage.lanes[series] as Lane
  }

  /** Hot path: a measured iteration of an open run was sent so many ms after it was due. */
  late(planned: number, by: number): void {
    this.lag.record(by)
    if (this.#plans.length > 0) this.#stages.find(({ end }) => planned < end)?.lag.record(by)
  }

  check(name: string, passed: boolean): void {
    const counts = this.#checks.get(name) ?? this.#newCheck(name)
    if (passed) counts.passed++
    else counts.failed++
  }

  #newCheck(name: string): { passed: number; failed: number } {
    const kept = this.#checks.size < mostChecks ? name : furtherChecks
    const counts = this.#checks.get(kept) ?? { passed: 0, failed: 0 }
    this.#checks.set(kept, counts)
    return counts
  }

  /** No more iterations are due from now on (ms on the driver's clock); what is under way may still end. */
  stop(now: number): void {
    if (this.#end !== undefined) return
    this.#end = now
    this.bytes.end()
    this.occupancy.stop(now)
    for (const ending of this.#endings) ending.stop(now)
  }

  snapshot(now: number): Snapshot {
    const lanes = this.#stages.flatMap((stage) => stage.lanes)
    return { elapsed: (this.#end ?? now) - this.start, lane: mergeUnderWay(lanes), lag: this.lag.toData() }
  }

  /** Nothing is under way any more. The recorder is used up afterwards. */
  finish(now: number): Recording {
    const end = this.#end ?? now
    const lag = this.lag.toData()
    this.lag.destroy()
    const stages = this.#stages.map(({ lanes }) => lanes.map((lane) => lane.finish()))
    const lags = this.#stages.map((stage) => {
      const data = stage.lag.toData()
      stage.lag.destroy()
      return data
    })
    return {
      lanes: mergeSeries(stages),
      warmup: this.#warmup.map((lane) => lane.finish()),
      stages: this.#plans.map((plan, index) => ({
        ...plan,
        lanes: stages[index] as LaneData[],
        lag: lags[index] as HistogramData,
      })),
      timeline: this.#timeline.finish(end),
      lag,
      duration: Math.max(0, end - this.start),
      ...(this.#open ? {} : { occupancy: this.occupancy.toData() }),
      checks: [...this.#checks].map(([name, counts]) => ({ name, ...counts })),
      ...withBytes(this.bytes.measured),
      standstills: this.#timeline.standstills.finish(end),
    }
  }
}

/** One stretch of the time after the other, and what comes after all of them. */
function endingsOf(ends: readonly number[]): Ending[] {
  const endings: Ending[] = []
  let next = new Ending(Number.POSITIVE_INFINITY)
  for (const end of [...ends].reverse()) {
    next = new Ending(end, next)
    endings.unshift(next)
  }
  return endings
}

function withBytes(bytes: Bytes | undefined): Pick<Recording, 'bytes'> {
  return bytes === undefined ? {} : { bytes }
}

/** The shards of one run, added up. */
export function mergeRecordings(parts: readonly Recording[]): Recording {
  const [first] = parts
  if (!first) throw new RangeError('mergeRecordings() needs at least one recording')
  if (parts.length === 1) return first
  return {
    lanes: mergeSeries(parts.map((part) => part.lanes)),
    warmup: mergeSeries(parts.map((part) => part.warmup)),
    stages: first.stages.map((stage, index) => ({
      ...stage,
      lanes: mergeSeries(parts.map((part) => part.stages[index]?.lanes ?? [])),
      lag: mergeHistograms(parts.map((part) => part.stages[index]?.lag ?? emptyHistogram)),
    })),
    timeline: mergeTimelines(parts.map((part) => part.timeline)),
    lag: mergeHistograms(parts.map((part) => part.lag)),
    duration: Math.max(...parts.map((part) => part.duration)),
    ...(first.occupancy ? { occupancy: addOccupancy(parts.flatMap(({ occupancy }) => occupancy ?? [])) } : {}),
    checks: mergeChecks(parts.flatMap((part) => part.checks)),
    ...withBytes(addBytes(parts.map(({ bytes }) => bytes))),
    standstills: commonStandstills(parts.map((part) => part.standstills)),
  }
}

/** Lanes of one name as one: they were apart only by where their requests went. */
export function joinNames(recording: Recording): Recording {
  const join = (lanes: readonly LaneData[]) =>
    [...Map.groupBy(lanes, ({ name }) => name).values()].map((same) =>
      same.length === 1 ? (same[0] as LaneData) : mergeLanes(same),
    )
  const { lanes, warmup, stages } = recording
  return {
    ...recording,
    lanes: join(lanes),
    warmup: join(warmup),
    stages: stages.map((stage) => ({ ...stage, lanes: join(stage.lanes) })),
  }
}

/** The shards of a run under way, added up. */
export function mergeSnapshots(parts: readonly Snapshot[]): Snapshot {
  return {
    elapsed: Math.max(...parts.map(({ elapsed }) => elapsed)),
    lane: mergeLanes(parts.map(({ lane }) => lane)),
    lag: mergeHistograms(parts.map(({ lag }) => lag)),
  }
}

/** Lists of lanes, one per series, added up series by series. */
function mergeSeries(parts: readonly (readonly LaneData[])[]): LaneData[] {
  return (parts[0] ?? []).map((_, series) => mergeLanes(parts.map((lanes) => lanes[series] as LaneData)))
}

export function mergeLanes(lanes: readonly LaneData[], name = lanes[0]?.name ?? ''): LaneData {
  const histograms = (key: 'latency' | 'serviceTime' | 'censoredLatency' | 'censoredServiceTime') =>
    mergeHistograms(lanes.map((lane) => lane[key]))
  return {
    name,
    iterations: addIterations(lanes.map((lane) => lane.iterations)),
    okInTime: lanes.reduce((total, lane) => total + lane.okInTime, 0),
    ownInTime: lanes.reduce((total, lane) => total + lane.ownInTime, 0),
    marked: lanes.reduce((total, lane) => total + lane.marked, 0),
    early: {
      count: lanes.reduce((total, { early }) => total + early.count, 0),
      sum: lanes.reduce((total, { early }) => total + early.sum, 0),
    },
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
