// Quantiles of histograms: the cases that Prometheus documents for histogram_quantile, and numbers by hand.
import { describe, expect, it } from 'vitest'
import { bucketQuantile, isAboveBuckets } from '../../../src/monitor/bucket-quantile.ts'

const endless = Number.POSITIVE_INFINITY
const buckets = (...pairs: readonly (readonly [number, number])[]) => pairs.map(([upper, count]) => ({ upper, count }))

describe('bucketQuantile()', () => {
  // 100 values: 10 up to 0.1, 60 more up to 0.5, 29 more up to 1, one above.
  const requests = buckets([0.1, 10], [0.5, 70], [1, 99], [endless, 100])

  it.each([
    // Rank 50: 40 of the 60 values of the second bucket lie below, 0.1 + 0.4 * 40 / 60.
    [0.5, 0.1 + (0.4 * 40) / 60],
    // Rank 95: 25 of 29 in the third, 0.5 + 0.5 * 25 / 29.
    [0.95, 0.5 + (0.5 * 25) / 29],
    // Rank 5 of the 10 in the first bucket, which begins at 0.
    [0.05, 0.05],
    // The end of a bucket is a quantile itself.
    [0.7, 0.5],
    [0.99, 1],
    // Above the highest end: that end.
    [0.995, 1],
  ])('%d is %d', (q, expected) => {
    expect(bucketQuantile(q, requests)).toBeCloseTo(expected, 12)
  })

  it('does not lie inside a first bucket that has no place for it', () => {
    expect(bucketQuantile(0.5, buckets([0, 8], [1, 10], [endless, 10]))).toBe(0)
    expect(bucketQuantile(0.5, buckets([-5, 8], [endless, 10]))).toBe(-5)
  })

  it('lifts counts that fall, which only a scrape in the middle of an update has', () => {
    expect(bucketQuantile(0.5, buckets([1, 10], [2, 9], [endless, 10]))).toBe(0.5)
  })

  it('is not known of nothing, and without an infinite bucket', () => {
    expect(bucketQuantile(0.5, buckets([1, 0], [endless, 0]))).toBe(Number.NaN)
    expect(bucketQuantile(0.5, buckets([1, 5], [2, 10]))).toBe(Number.NaN)
    expect(bucketQuantile(0.5, buckets([endless, 10]))).toBe(Number.NaN)
    expect(bucketQuantile(0.5, [])).toBe(Number.NaN)
  })

  it('tells where it is only "at least"', () => {
    expect([0.5, 0.99, 0.995].map((q) => isAboveBuckets(q, requests))).toEqual([false, false, true])
    expect(isAboveBuckets(0.5, [])).toBe(false)
  })
})
