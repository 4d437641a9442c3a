// One number over time, as it was sampled, and what can be read off it.
import { type Trend, trendOf } from './trend.ts'
import type { Unit } from './verdict.ts'

/** Times in ms from the measured start, ascending; a value for each. Plain data. */
export interface SeriesData {
  readonly unit: Unit
  readonly at: readonly number[]
  readonly values: readonly number[]
  /** Where values are means of joined neighbours: the highest of each. */
  readonly peaks?: readonly number[]
  /** When a number was asked for and not given, ascending. */
  readonly gaps?: readonly Span[]
  /** When values were lower bounds, ascending. */
  readonly atLeast?: readonly Span[]
}

/** How neighbours are joined where there are too many samples: their mean, their peak, or both, so that limits can be judged. */
export type Join = 'mean' | 'max' | 'both'

/** What is limited of a series; `growth` is per hour. */
export type SeriesStatistic = 'max' | 'mean' | 'last' | 'growth'

/** A part of the measured time, in ms from its start. */
export interface Span {
  readonly start: number
  readonly end: number
}

export class Series {
  readonly unit: Unit
  readonly at: readonly number[]
  readonly values: readonly number[]
  /** Parts of this time of which nothing is known although it was asked for. */
  readonly gaps: readonly Span[]
  /** Parts of this time in which the values were these or more. */
  readonly atLeast: readonly Span[]
  readonly #peaks: readonly number[]
  readonly #start: number

  /** @param span only samples that tell of this time. Default: all. */
  constructor({ unit, at, values, peaks = values, gaps = [], atLeast = [] }: SeriesData, span?: Span) {
    this.unit = unit
    this.#start = span?.start ?? 0
    const kept = span ? at.map((_, index) => tellsOf(span, at, index)) : []
    this.at = span ? at.filter((_, index) => kept[index]) : at
    this.values = span ? values.filter((_, index) => kept[index]) : values
    this.gaps = span ? gaps.flatMap((gap) => cut(gap, span) ?? []) : gaps
    this.atLeast = span ? atLeast.flatMap((part) => cut(part, span) ?? []) : atLeast
    this.#peaks = span ? peaks.filter((_, index) => kept[index]) : peaks
    Object.freeze(this)
  }

  get count(): number {
    return this.values.length
  }

  /**
   * Each sample counts for the time since the one before it, the first for that since the start, but no more than a second, or
   * than the next: a server may have begun late. NaN without samples, as all others: nothing known is not 0.
   */
  get mean(): number {
    if (this.count === 1) return this.values[0] as number
    const [first = 0, second = 0] = this.at
    const began = Math.max(this.#start, first - Math.max(1000, second - first))
    const times = this.at.map((time, index) => Math.max(0, time - (this.at[index - 1] ?? began)))
    const all = times.reduce((sum, time) => sum + time, 0)
    return this.values.reduce((sum, value, index) => sum + value * (times[index] as number), 0) / all
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : this.#peaks.reduce((a, b) => Math.max(a, b))
  }

  get min(): number {
    return this.count === 0 ? Number.NaN : this.values.reduce((a, b) => Math.min(a, b))
  }

  get last(): number {
    return this.values.at(-1) ?? Number.NaN
  }

  /** How fast it grows, per hour, with a 99 % interval; NaN with less than three samples. */
  get growth(): Trend {
    const { slope, lower, upper } = trendOf(this.at, this.values)
    const perHour = (perMs: number) => perMs * 3_600_000
    return { slope: perHour(slope), lower: perHour(lower), upper: perHour(upper) }
  }
}

function cut({ start, end }: Span, span: Span): Span | undefined {
  const part = { start: Math.max(start, span.start), end: Math.min(end, span.end) }
  return part.start < part.end ? part : undefined
}

/** A sample tells of the time since the one before it, or a second: it belongs where the middle of that lies. */
function tellsOf({ start, end }: Span, at: readonly number[], index: number): boolean {
  const time = at[index] as number
  const before = at[index - 1] ?? Math.max(0, time - 1000)
  const middle = (before + time) / 2
  return middle >= start && middle < end
}

const mostSamples = 600

/** At most 600 samples: neighbours are joined until they fit; the last one, the newest state, stays itself. */
export function fitSeries(data: SeriesData, join: Join, most = mostSamples): SeriesData {
  return data.at.length <= most ? data : fitSeries(joinPairs(data, join), join, most)
}

function joinPairs({ unit, at, values, peaks = values, gaps, atLeast }: SeriesData, join: Join): SeriesData {
  const paired = Math.floor((at.length - 1) / 2) * 2
  const firsts = Array.from({ length: paired / 2 }, (_, pair) => pair * 2)
  const joined = (all: readonly number[], one: (first: number, second: number) => number) => [
    ...firsts.map((index) => one(all[index] as number, all[index + 1] as number)),
    ...all.slice(paired),
  ]
  const highest = () => joined(peaks, (first, second) => Math.max(first, second))
  return {
    unit,
    at: joined(at, (_, later) => later),
    values: join === 'max' ? highest() : joined(values, (first, second) => (first + second) / 2),
    ...(join === 'both' ? { peaks: highest() } : {}),
    ...(gaps ? { gaps } : {}),
    ...(atLeast ? { atLeast } : {}),
  }
}
