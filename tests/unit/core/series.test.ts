// What can be read off samples of one number.
import { describe, expect, it } from 'vitest'
import { fitSeries, Series } from '../../../src/core/series.ts'

const data = (values: readonly number[], at = values.map((_, index) => (index + 1) * 1000)) =>
  ({ unit: 'count', at, values }) as const

describe('a series', () => {
  it('gives mean, ends and last', () => {
    const { count, mean, min, max, last } = new Series(data([10, 30, 20]))
    expect({ count, mean, min, max, last }).toEqual({ count: 3, mean: 20, min: 10, max: 30, last: 20 })
  })

  it('has the mean over the time, of which a late or short sample tells more or less', () => {
    expect(new Series(data([20, 100], [1000, 4000])).mean).toBe(80)
    expect(new Series(data([100, 10, 10, 10], [20_000, 21_000, 22_000, 23_000])).mean).toBe(32.5)
    expect(new Series(fitSeries(data(Array.from({ length: 1000 }, (_, second) => second)), 'both')).mean).toBeCloseTo(
      499.5,
      9,
    )
    expect(new Series(data([100, 100, 0], [1000, 2000, 2200])).mean).toBeCloseTo(90.9, 1)
    expect(new Series(data([0, 100, 100], [1000, 1500, 2500]), { start: 500, end: 2500 }).mean).toBe(75)
  })

  it('knows nothing without samples', () => {
    const { mean, min, max, last, growth } = new Series(data([]))
    expect([mean, min, max, last, growth.slope]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN])
  })

  it('grows by so much an hour', () => {
    const { growth } = new Series(data(Array.from({ length: 30 }, (_, second) => 100 + second * 2)))
    expect(growth.slope).toBeCloseTo(7200)
    expect(growth.lower).toBeCloseTo(7200)
    expect(growth.upper).toBeCloseTo(7200)
  })

  it('in a part of the time has the samples that tell of it', () => {
    const all = data([1, 2, 3, 4], [1000, 2000, 3000, 4100])
    expect(new Series(all, { start: 1000, end: 3000 }).values).toEqual([2, 3])
    expect(new Series(all, { start: 0, end: 1200 }).values).toEqual([1])
    expect(new Series(all, { start: 3000, end: 4000 }).values).toEqual([4])
    expect(new Series(all, { start: 9000, end: 9500 }).count).toBe(0)
  })

  it('whose first sample comes late tells of the second before it', () => {
    expect(new Series(data([7], [5000]), { start: 4000, end: 5000 }).values).toEqual([7])
    expect(new Series(data([7], [5000]), { start: 0, end: 4000 }).values).toEqual([])
  })
})

describe('fitSeries', () => {
  it('leaves what fits alone', () => {
    const few = data(Array.from({ length: 600 }, (_, index) => index))
    expect(fitSeries(few, 'mean')).toBe(few)
  })

  it('joins neighbours, at the later time, and keeps the newest state', () => {
    const many = data([1, 3, 9, 5, 4])
    expect(fitSeries(many, 'mean', 4)).toEqual(data([2, 7, 4], [2000, 4000, 5000]))
    expect(fitSeries(many, 'max', 4)).toEqual(data([3, 9, 4], [2000, 4000, 5000]))
  })

  it('keeps the peaks beside the means where both are asked for', () => {
    const kept = fitSeries(data([1, 3, 9, 5, 4, 0, 2]), 'both', 3)
    expect(kept).toEqual({ unit: 'count', at: [4000, 6000, 7000], values: [4.5, 2, 2], peaks: [9, 4, 2] })
    expect([new Series(kept).mean, new Series(kept).max]).toEqual([(2 * 4.5 + 2 * 2 + 2) / 5, 9])
    expect(new Series(kept, { start: 4000, end: 9000 }).max).toBe(4)
    expect(fitSeries(kept, 'max', 2).values).toEqual([9, 2])
  })

  it('fits a day into 600 without losing its mean or its peak', () => {
    const day = data(Array.from({ length: 86_400 }, (_, index) => 100 - (index % 100)))
    const kept = fitSeries(day, 'mean')
    expect(kept.at.length).toBeLessThanOrEqual(600)
    expect(kept.at.length).toBeGreaterThan(300)
    expect(kept.at.at(-1)).toBe(86_400_000)
    expect(new Series(kept).mean).toBeCloseTo(new Series(day).mean, 0)
    expect(new Series(fitSeries(day, 'max')).max).toBe(100)
  })
})
