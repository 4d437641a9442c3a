// Everything one shard of a run records while it runs.
import { ByteCount } from './byte-count.ts'
import { Histogram, type HistogramData, mergeLive } from './histogram.ts'
import { addIterations } from './iterations.ts'
import { Ending, Lane, type LaneData } from './lane.ts'
import { MarkedMoments } from './marked-moments.ts'
import { Occupancy } from './occupancy.ts'
import { mergeLanes, mergeSeries, type Recording, type Snapshot, withBytes } from './recording.ts'
import type { StagePlan } from './stage.ts'
import { Timeline } from './timeline.ts'

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

function mergeUnderWay(lanes: readonly Lane[]): LaneData {
  return {
    ...mergeLanes([]),
    iterations: addIterations(lanes.map((lane) => lane.iterations)),
    okInTime: lanes.reduce((total, lane) => total + lane.okInTime, 0),
    latency: mergeLive(lanes.map((lane) => lane.latency)),
    censoredLatency: mergeLive(lanes.flatMap((lane) => lane.censoredLatency ?? [])),
  }
}
