// A quantile of what fell into the buckets of a histogram, as Prometheus estimates it.

export interface Bucket {
  /** Upper end; the last is infinite. */
  readonly upper: number
  /** How many values were not above it. */
  readonly count: number
}

/**
 * Within its bucket values are taken to lie evenly (`histogram_quantile` of Prometheus); the first bucket begins at 0, or
 * is its upper end where that is not above 0. A quantile above the highest finite end is that end: it is at least so much.
 * NaN when there is nothing in the buckets, or no infinite one.
 * @param buckets by their ends, ascending
 */
export function bucketQuantile(q: number, buckets: readonly Bucket[]): number {
  const counts = rising(buckets)
  const all = counts.at(-1) ?? 0
  if (buckets.length < 2 || buckets.at(-1)?.upper !== Number.POSITIVE_INFINITY || all === 0) return Number.NaN
  const rank = q * all
  const index = counts.findIndex((count) => count >= rank)
  const upper = (at: number) => buckets[at]?.upper as number
  if (index === buckets.length - 1) return upper(index - 1)
  if (index === 0 && upper(0) <= 0) return upper(0)
  const lower = index === 0 ? 0 : upper(index - 1)
  const before = index === 0 ? 0 : (counts[index - 1] as number)
  const inside = (counts[index] as number) - before
  return lower + (upper(index) - lower) * (inside === 0 ? 0 : (rank - before) / inside)
}

/** Whether a quantile lies above the highest finite end, so that only this much is known of it. */
export function isAboveBuckets(q: number, buckets: readonly Bucket[]): boolean {
  const counts = rising(buckets)
  return q * (counts.at(-1) ?? 0) > (counts.at(-2) ?? 0)
}

/** Counts of a scrape in the middle of an update may fall; Prometheus lifts them as well. */
function rising(buckets: readonly Bucket[]): number[] {
  let highest = 0
  return buckets.map(({ count }) => {
    highest = Math.max(highest, count)
    return highest
  })
}
