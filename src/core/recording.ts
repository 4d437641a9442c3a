// What the shards of a run recorded, as plain data, and how they become one.
import { addBytes, type Bytes } from './byte-count.ts'
import type { ErrorCount } from './error-kind.ts'
import { emptyHistogram, type HistogramData, mergeHistograms } from './histogram.ts'
import { addIterations } from './iterations.ts'
import type { LaneData } from './lane.ts'
import { addOccupancy, type OccupancyData } from './occupancy.ts'
import type { StagePlan } from './stage.ts'
import { commonStandstills, type Standstill } from './standstill.ts'
import { mergeTimelines, type TimelineData } from './timeline.ts'

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
export function mergeSeries(parts: readonly (readonly LaneData[])[]): LaneData[] {
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

export function withBytes(bytes: Bytes | undefined): Pick<Recording, 'bytes'> {
  return bytes === undefined ? {} : { bytes }
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
