// Whether and how fast a series grows: the slope of Theil and Sen, and the test of Mann and Kendall as Hamed and Rao correct it.

/** Per unit of time, with the ends of its 99 % interval: infinite with less than six values. All NaN with less than three. */
export interface Trend {
  readonly slope: number
  readonly lower: number
  readonly upper: number
}

// Quantile of the normal distribution that leaves half a percent on either side.
const z99 = 2.5758293035489004
const z95 = 1.959963984540054

/**
 * The median of the slopes of all pairs (Theil 1950, Sen 1968). Its interval by ranks (Gilbert 1987, section 16.5), with
 * the variance widened for samples that follow each other (Hamed and Rao 1998). At most a few hundred values: all pairs
 * are looked at.
 */
export function trendOf(at: readonly number[], values: readonly number[]): Trend {
  const { length: n } = values
  if (n < 3) return { slope: Number.NaN, lower: Number.NaN, upper: Number.NaN }
  const slopes = pairSlopes(at, values)
  const slope = median(slopes)
  const spread = z99 * Math.sqrt(varianceOfS(values) * correlationFactor(at, values, slope))
  // Of fewer than six values no pair is far enough out: then the interval has no ends.
  const lower = slopes[Math.round((slopes.length - spread) / 2) - 1] ?? Number.NEGATIVE_INFINITY
  const upper = slopes[Math.round((slopes.length + spread) / 2)] ?? Number.POSITIVE_INFINITY
  return { slope, lower, upper }
}

/** How many deviations the number of rising pairs lies above that of a series without a trend. NaN with less than three values. */
export function mannKendall(at: readonly number[], values: readonly number[]): number {
  const { length: n } = values
  if (n < 3) return Number.NaN
  let s = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) s += Math.sign((values[j] as number) - (values[i] as number))
  }
  const slope = median(pairSlopes(at, values))
  const deviation = Math.sqrt(varianceOfS(values) * correlationFactor(at, values, slope))
  // Counts are whole: half a step towards the middle (continuity correction).
  return s === 0 || deviation === 0 ? 0 : (s - Math.sign(s)) / deviation
}

/** Ascending. */
function pairSlopes(at: readonly number[], values: readonly number[]): Float64Array {
  const { length: n } = values
  const slopes = new Float64Array((n * (n - 1)) / 2)
  let count = 0
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const passed = (at[j] as number) - (at[i] as number)
      if (passed > 0) slopes[count++] = ((values[j] as number) - (values[i] as number)) / passed
    }
  }
  return slopes.subarray(0, count).sort()
}

/** Of Kendall's S without a trend, less what equal values take from it. */
function varianceOfS(values: readonly number[]): number {
  const { length: n } = values
  const groups = new Map<number, number>()
  for (const value of values) groups.set(value, (groups.get(value) ?? 0) + 1)
  const term = (size: number) => size * (size - 1) * (2 * size + 5)
  return (term(n) - [...groups.values()].reduce((sum, size) => sum + term(size), 0)) / 18
}

/**
 * By how much the variance is larger because neighbours are alike: from the autocorrelation of the ranks without the
 * trend, of those lags at which it is significant (Hamed and Rao 1998, equation 12). Never below 1.
 */
function correlationFactor(at: readonly number[], values: readonly number[], slope: number): number {
  const { length: n } = values
  const ranks = ranksOf(values.map((value, index) => value - slope * (at[index] as number)))
  const mean = (n + 1) / 2
  const variance = ranks.reduce((sum, rank) => sum + (rank - mean) ** 2, 0)
  if (variance === 0) return 1
  let sum = 0
  for (let lag = 1; lag < n - 2; lag++) {
    let product = 0
    for (let i = 0; i + lag < n; i++) product += ((ranks[i] as number) - mean) * ((ranks[i + lag] as number) - mean)
    const correlation = product / variance
    if (Math.abs(correlation) > z95 / Math.sqrt(n)) sum += (n - lag) * (n - lag - 1) * (n - lag - 2) * correlation
  }
  return Math.max(1, 1 + (2 / (n * (n - 1) * (n - 2))) * sum)
}

/** Equal values share the mean of their ranks. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] as number) - (values[b] as number))
  const ranks = new Array<number>(values.length)
  for (let first = 0; first < order.length; ) {
    let last = first
    while (last + 1 < order.length && values[order[last + 1] as number] === values[order[first] as number]) last++
    for (let at = first; at <= last; at++) ranks[order[at] as number] = (first + last) / 2 + 1
    first = last + 1
  }
  return ranks
}

function median(sorted: Float64Array): number {
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2
}
