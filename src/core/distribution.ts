// Reads a finished histogram: percentiles, their bounds where samples are censored, and their confidence interval.
import { decodeFromCompressedBase64, type JsHistogram } from 'hdr-histogram-js'
import { binomialQuantile } from './binomial.ts'
import { emptyHistogram, type HistogramData } from './histogram.ts'

/** Two ends in ms. `upper` is Infinity where nothing bounds it. */
export interface Bounds {
  readonly lower: number
  readonly upper: number
}

interface Buckets {
  /** Highest time of each bucket in ms, ascending. */
  readonly times: readonly number[]
  /** Samples up to and with each bucket. */
  readonly cumulative: readonly number[]
}

/**
 * Times in ms. `observed` are samples known exactly; `censored` are iterations that timed out or had not ended, each
 * known to have taken at least its time. Every reader that a censored sample could move upwards gives the least value
 * that is possible: "at least x". `bounds` tells how far it could be off.
 */
export class Distribution {
  readonly #observed: HistogramData
  readonly #censored: HistogramData
  #buckets: { readonly least: Buckets; readonly observed: Buckets } | undefined

  constructor(observed: HistogramData, censored: HistogramData = emptyHistogram) {
    this.#observed = observed
    this.#censored = censored
  }

  /** Samples, censored ones included. */
  get count(): number {
    return this.#observed.count + this.#censored.count
  }

  /** Samples of which only a lower bound is known. */
  get censored(): number {
    return this.#censored.count
  }

  /** NaN without samples, like every reader here. */
  get min(): number {
    const filled = [this.#observed, this.#censored].filter((part) => part.count > 0)
    return filled.length === 0 ? Number.NaN : Math.min(...filled.map((part) => part.min))
  }

  get mean(): number {
    return (this.#observed.sum + this.#censored.sum) / this.count
  }

  get max(): number {
    return this.count === 0 ? Number.NaN : Math.max(this.#observed.max, this.#censored.max)
  }

  get p50(): number {
    return this.percentile(0.5)
  }

  get p75(): number {
    return this.percentile(0.75)
  }

  get p90(): number {
    return this.percentile(0.9)
  }

  get p95(): number {
    return this.percentile(0.95)
  }

  get p99(): number {
    return this.percentile(0.99)
  }

  get p999(): number {
    return this.percentile(0.999)
  }

  /** @param q a share between 0 and 1, such as 0.95 */
  percentile(q: number): number {
    return this.#atRank(rankOf(q, this.count), this.#read().least)
  }

  /**
   * Where the percentile lies whatever the censored samples turn out to be: as short as seen, or endless.
   * @param missing iterations that gave no sample at all, although they were due: endless, for all that is known
   */
  bounds(q: number, missing = 0): Bounds {
    const { observed } = this.#read()
    const lower = this.percentile(q)
    const highest = rankOf(q, this.count + missing)
    const upper = highest > this.#observed.count ? Number.POSITIVE_INFINITY : this.#atRank(highest, observed)
    return { lower, upper: Math.max(lower, upper) }
  }

  /** Mean or max with the same question asked: what is possible? @param missing samples of which nothing is known */
  boundsOf(reader: 'mean' | 'max', missing = 0): Bounds {
    const isOpen = this.#censored.count + missing > 0
    return { lower: this[reader], upper: isOpen ? Number.POSITIVE_INFINITY : this[reader] }
  }

  /** How many samples are known to be at or above a time in ms. */
  countFrom(ms: number): number {
    const { times, cumulative } = this.#read().least
    const last = times.findLastIndex((time) => time < ms)
    return this.count - (cumulative[last] ?? 0)
  }

  /**
   * The 95 % confidence interval of a percentile by order statistics: the ranks between which the percentile lies with
   * that probability whatever the distribution (Conover, Practical Nonparametric Statistics, 3.2; binomial, exact).
   * The ends run open where there are too few samples: 0 below, Infinity above.
   */
  interval(q: number): Bounds {
    const n = this.count
    if (n === 0) return { lower: Number.NaN, upper: Number.NaN }
    const { least } = this.#read()
    const lowerRank = binomialQuantile(0.025, n, q)
    const upperRank = binomialQuantile(0.975, n, q) + 1
    return {
      lower: lowerRank < 1 ? 0 : this.#atRank(lowerRank, least),
      upper: upperRank > n ? Number.POSITIVE_INFINITY : this.#atRank(upperRank, least),
    }
  }

  toJSON(): { observed: HistogramData; censored: HistogramData } {
    return { observed: this.#observed, censored: this.#censored }
  }

  /** NaN where there are no buckets. */
  #atRank(rank: number, buckets: Buckets): number {
    const { times, cumulative } = buckets
    let low = 0
    let high = times.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((cumulative[middle] as number) >= rank) high = middle
      else low = middle + 1
    }
    // A bucket is at most 0.1 % wide; the ends are known exactly.
    return Math.min(Math.max(times[low] as number, this.min), this.max)
  }

  #read(): { readonly least: Buckets; readonly observed: Buckets } {
    this.#buckets ??= readBuckets(this.#observed, this.#censored)
    return this.#buckets
  }
}

function readBuckets(observed: HistogramData, censored: HistogramData) {
  const known = decode(observed)
  return { least: accumulate(merge(known, decode(censored))), observed: accumulate(known) }
}

/** The rank of a percentile among n samples, from 1. The margin is for shares such as 0.55 that binary cannot hold. */
function rankOf(q: number, n: number): number {
  return Math.max(1, Math.ceil(q * n * (1 - 1e-12)))
}

type Counts = readonly (readonly [time: number, count: number])[]

function decode(data: HistogramData): Counts {
  if (data.count === 0) return []
  const hdr = decodeFromCompressedBase64(data.hdr, 64, false) as JsHistogram
  const values = hdr.recordedValuesIterator
  const counts: [number, number][] = []
  values.reset()
  while (values.hasNext()) {
    const value = values.next()
    counts.push([hdr.highestEquivalentValue(value.valueIteratedTo) / 1000, value.countAtValueIteratedTo])
  }
  return counts
}

function merge(a: Counts, b: Counts): Counts {
  const sums = new Map<number, number>()
  for (const [time, count] of [...a, ...b]) sums.set(time, (sums.get(time) ?? 0) + count)
  return [...sums].sort(([left], [right]) => left - right)
}

function accumulate(counts: Counts): Buckets {
  let sum = 0
  return {
    times: counts.map(([time]) => time),
    cumulative: counts.map(([, count]) => {
      sum += count
      return sum
    }),
  }
}
