// Whether the heap of a server leaks: leak, no leak or inconclusive, from its sizes after forced collections.
import { mannKendall, type Trend, trendOf } from '../core/trend.ts'
import { formatBytes, formatShare, formatSpan } from '../core/units.ts'

/** What was read during a load; of the same length, times ascending. */
export interface LeakSamples {
  /** In ms on any clock. */
  readonly at: readonly number[]
  /** The heap right after a forced collection. */
  readonly bytes: readonly number[]
  /** How many requests were completed until then. */
  readonly requests?: readonly number[]
}

export interface LeakOptions {
  /**
   * Growth over the judged window that is no leak yet: below 1 a share of the heap, otherwise bytes. Default: 2 % of the
   * heap, of a small one 1 MiB or 5 %, whichever is less.
   */
  readonly minGrowth?: number
}

/** Plain data, JSON-safe: null is what is not known, at an end of an interval that it is open. */
export interface LeakVerdict {
  readonly verdict: 'leak' | 'no-leak' | 'inconclusive'
  /** In a sentence. */
  readonly reason: string
  /** Bytes an hour, with the 99 % interval. */
  readonly perHour: { readonly value: number | null; readonly lower: number | null; readonly upper: number | null }
  /** Bytes that each request left behind. Absent when requests were not counted or none was completed. */
  readonly perRequest?: number
  /** Bytes over the window. */
  readonly growth: number | null
  /** The judged time in ms: without the warm-up. */
  readonly window: number
  /** For so many ms longer the same load must go on for an answer. Only when inconclusive, and the pace is known. */
  readonly more?: number
}

/** The share of the time in which a server warms up. */
const warming = 0.3
/**
 * After the warm-up. Of even leaks that grow by 20 % under noise of 1 % of the heap, 12 samples leave two of three open at
 * first look, 15 one of five, 21 one of ten; false alarms stay below 1 % with each (simulated as in
 * tests/verify/leak-series.ts). Forced collections of a real server left noise of 0.1 %: there 15 leave next to none open.
 */
const leastSamples = 15
/** One-sided 1 % of the normal distribution. */
const z99OneSided = 2.3263478740408408
/** What heaps move by for nothing. */
const leastShare = 0.02
/** Growth that is promised to be found. Where the interval reaches as far, "no leak" would be a guess. */
const promised = 0.2

/** The settled part of the samples: bytes over time, and over the work done. */
interface Settled {
  readonly at: readonly number[]
  readonly bytes: readonly number[]
  /** Requests where they are counted, else the time. A leak is even over the work even when the load is not. */
  readonly work: readonly number[]
}

/** Bytes that a part of the samples grew by, with the 99 % interval; and per unit of work. */
interface Growth {
  readonly slope: number
  readonly value: number
  readonly lower: number
  readonly upper: number
  readonly significant: boolean
}

/**
 * Growing is what the test of Mann and Kendall, corrected by Hamed and Rao, calls so (1 %) and what the lower end of
 * Theil and Sen's 99 % interval puts above the minimum. A leak goes on: the second half alone grows by more than 2 % by the
 * same measure, at more than half the pace of the first, and the last fifth still at a third of the pace of all. A cache
 * that fills slows down or stops: that is inconclusive, and twice the time tells the two apart.
 *
 * What no test can see: that a cache which fills evenly right to the end of the window would be full soon after.
 */
export function testLeak(samples: LeakSamples, { minGrowth }: LeakOptions = {}): LeakVerdict {
  const settled = settle(samples)
  if (settled.at.length < leastSamples) return tooFew(samples, settled)
  const level = median(settled.bytes)
  const minimum = minimumOf(level, minGrowth)
  const all = growthOf(settled)
  const measured = figures(settled, all)
  const during = `in ${formatSpan(measured.window)}`
  const open = (why: string): LeakVerdict => {
    return { verdict: 'inconclusive', reason: why, ...measured, more: extentOf(samples.at) }
  }
  if (all.significant && all.lower > minimum) {
    const grew = `after forced collections the heap grew by ${formatBytes(all.value)} ${during}`
    const doubt = slowsDown(settled, all, Math.min(minimum, leastShare * level))
    if (doubt) return open(`${grew}, but ${doubt}: a cache that fills looks like that, twice the time tells`)
    return {
      verdict: 'leak',
      reason: `${grew} (from ${formatBytes(level - all.value / 2)}), evenly to its end`,
      ...measured,
    }
  }
  const known = Math.max(minimum, promised * level)
  if (all.upper > known || (all.significant && all.value > minimum)) return open(possible(all, during))
  const small = `${formatBytes(minimum)} (${formatShare(minimum / level)})`
  const reason =
    all.significant && all.lower > 0
      ? `the heap grew by ${formatBytes(all.value)} ${during}, not certainly more than the ${small} that are no leak yet`
      : `no growth of the heap above ${small} ${during} was seen, and none above ${formatBytes(known)} is likely`
  return { verdict: 'no-leak', reason, ...measured }
}

function settle({ at, bytes, requests }: LeakSamples): Settled {
  const start = (at[0] ?? 0) + warming * extentOf(at)
  const first = Math.max(
    0,
    at.findIndex((time) => time >= start),
  )
  const times = at.slice(first)
  const done = requests?.slice(first)
  const counted = done?.every((count, index) => index === 0 || count > (done[index - 1] as number))
  return { at: times, bytes: bytes.slice(first), work: done && counted ? done : times }
}

function tooFew({ at }: LeakSamples, settled: Settled): LeakVerdict {
  const needed = Math.ceil((leastSamples - 1) / (1 - warming)) + 2
  const pace = extentOf(at) / (at.length - 1)
  const missing = Math.max(1, needed - at.length)
  const reason = `${settled.at.length} samples of the settled heap cannot tell, ${leastSamples} are needed: load for longer`
  return {
    verdict: 'inconclusive',
    reason,
    perHour: { value: null, lower: null, upper: null },
    growth: null,
    window: extentOf(settled.at),
    ...(Number.isFinite(pace) && pace > 0 ? { more: Math.ceil(missing * pace) } : {}),
  }
}

function possible({ lower, upper }: Growth, during: string): string {
  const range = `between ${formatBytes(lower)} and ${formatBytes(upper)}`
  return `the heap varies: its growth ${during} lies ${range}, twice the time narrows that`
}

/** Why growth may come to an end. Undefined when nothing speaks for that. */
function slowsDown(settled: Settled, all: Growth, least: number): string | undefined {
  const first = growthOf(part(settled, 0, 0.5))
  const second = growthOf(part(settled, 0.5, 1))
  const last = growthOf(part(settled, 0.8, 1))
  if (!(second.significant && second.lower > least)) return 'its second half alone does not show it'
  if (second.slope <= 0.5 * first.slope) return 'in the second half less than half as fast as in the first'
  if (last.slope <= all.slope / 3) return 'hardly at the end'
  return undefined
}

function part({ at, bytes, work }: Settled, from: number, to: number): Settled {
  const [start, end] = [Math.floor(at.length * from), Math.ceil(at.length * to)]
  return { at: at.slice(start, end), bytes: bytes.slice(start, end), work: work.slice(start, end) }
}

function growthOf({ work, bytes }: Settled): Growth {
  const { slope, lower, upper } = trendOf(work, bytes)
  const extent = extentOf(work)
  const significant = mannKendall(work, bytes) > z99OneSided
  return { slope, value: slope * extent, lower: lower * extent, upper: upper * extent, significant }
}

function figures({ at, bytes, work }: Settled, all: Growth) {
  const hourly: Trend = trendOf(at, bytes)
  const perHour = (perMs: number) => (Number.isFinite(perMs) ? perMs * 3_600_000 : null)
  return {
    perHour: { value: perHour(hourly.slope), lower: perHour(hourly.lower), upper: perHour(hourly.upper) },
    ...(work === at ? {} : { perRequest: all.slope }),
    growth: all.value,
    window: extentOf(at),
  }
}

/** Small heaps move by a part of a mebibyte for nothing; 1 MiB of 5 MB would hide what is to be found. */
function minimumOf(level: number, minGrowth: number | undefined): number {
  if (minGrowth === undefined) return Math.max(leastShare * level, Math.min(2 ** 20, 0.05 * level))
  return minGrowth < 1 ? minGrowth * level : minGrowth
}

/** From the first to the last of ascending numbers. */
function extentOf(values: readonly number[]): number {
  return (values.at(-1) ?? 0) - (values[0] ?? 0)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}
