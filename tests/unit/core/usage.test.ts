// Mean and peak of usage samples, and how many of them are kept.
import { describe, expect, it } from 'vitest'
import { fitSamples, summarize, type UsageSample } from '../../../src/core/usage.ts'

const samples = (values: readonly number[]): UsageSample[] =>
  values.map((value, index) => ({ at: (index + 1) * 1000, cpuPercent: value, rssBytes: value * 1e6 }))

describe('summarize', () => {
  it('gives mean and peak', () => {
    expect(summarize(samples([10, 30, 20]), 'cpuPercent')).toEqual({ mean: 20, max: 30 })
    expect(summarize(samples([10, 30, 20]), 'rssBytes')).toEqual({ mean: 20e6, max: 30e6 })
  })

  it('knows nothing without samples', () => {
    expect(summarize([], 'cpuPercent')).toBeUndefined()
  })
})

describe('fitSamples', () => {
  it('leaves what fits alone', () => {
    const few = samples(Array.from({ length: 600 }, (_, index) => index))
    expect(fitSamples(few)).toEqual(few)
  })

  it('joins neighbours of a long run: mean CPU, peak memory, the later time', () => {
    const day = samples(Array.from({ length: 86_400 }, (_, index) => 100 - (index % 100)))
    const kept = fitSamples(day)
    expect(kept.length).toBeLessThanOrEqual(600)
    expect(kept.length).toBeGreaterThan(300)
    expect(kept.at(-1)?.at).toBe(day.at(-1)?.at)
    const [before, after] = [summarize(day, 'cpuPercent'), summarize(kept, 'cpuPercent')]
    expect(after?.mean).toBeCloseTo(before?.mean as number, 0)
    expect(summarize(kept, 'rssBytes')?.max).toBe(summarize(day, 'rssBytes')?.max)
  })

  it('keeps the last of an odd number', () => {
    const kept = fitSamples(samples(Array.from({ length: 601 }, () => 7)))
    expect(kept).toHaveLength(301)
    expect(kept.at(-1)).toEqual({ at: 601_000, cpuPercent: 7, rssBytes: 7e6 })
  })
})
