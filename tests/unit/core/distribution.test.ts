// Reading histograms: percentiles, what censored samples make of them, and intervals by order statistics.
import { describe, expect, it } from 'vitest'
import { Distribution } from '../../../src/core/distribution.ts'
import { buildRun } from '../../support/run-builder.ts'

// Up to 2.047 ms a histogram of three digits keeps every microsecond.
const micros = (count: number) => Array.from({ length: count }, (_, index) => (index + 1) / 1000)
const latency = (ok: readonly number[], censored: readonly number[] = []) =>
  buildRun({ ok, unfinished: censored }).latency

describe('percentiles', () => {
  it('are the smallest sample with at least that share at or below it', () => {
    const { p50, p75, p90, p95, p99, p999, min, max, mean, count } = latency(micros(1000))
    expect([p50, p75, p90, p95, p99, p999]).toEqual([0.5, 0.75, 0.9, 0.95, 0.99, 0.999])
    expect([min, max, count]).toEqual([0.001, 1, 1000])
    expect(mean).toBeCloseTo(0.5005, 9)
    expect(latency(micros(19)).p95).toBe(0.019)
    expect(latency(micros(20)).p95).toBe(0.019)
    expect(latency(micros(21)).p95).toBe(0.02)
  })

  it('are 0.1 % off at most, and exact at the ends', () => {
    const samples = Array.from({ length: 500 }, (_, index) => 1.03 ** index * 0.1).filter((ms) => ms < 3e6)
    const read = latency(samples)
    for (const [index, sample] of samples.entries()) {
      const percentile = read.percentile((index + 0.5) / samples.length)
      expect(Math.abs(percentile / sample - 1)).toBeLessThan(sample < 2 ? 0.006 : 0.001)
    }
    expect([read.min, read.max]).toEqual([samples[0], samples.at(-1)])
  })

  it('are unknown without samples', () => {
    const { p95, min, max, mean, count } = latency([])
    expect([p95, min, max, mean, count]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN, 0])
    expect(latency([]).bounds(0.5)).toEqual({ lower: Number.NaN, upper: Number.NaN })
    expect(latency([]).interval(0.5)).toEqual({ lower: Number.NaN, upper: Number.NaN })
  })
})

describe('censored samples', () => {
  it('leave percentiles alone that they cannot reach', () => {
    const read = latency(micros(95), [2, 2, 2, 2, 2])
    expect(read.bounds(0.5)).toEqual({ lower: 0.05, upper: 0.05 })
    expect(read.bounds(0.95)).toEqual({ lower: 0.095, upper: 0.095 })
    expect(read.bounds(0.96)).toEqual({ lower: 2, upper: Number.POSITIVE_INFINITY })
    expect([read.count, read.censored]).toEqual([100, 5])
  })

  it('open the bounds that they could move when they are short', () => {
    const read = latency(micros(90), Array<number>(10).fill(0.0005))
    expect(read.bounds(0.5)).toEqual({ lower: 0.04, upper: 0.05 })
    expect(read.bounds(0.95)).toEqual({ lower: 0.085, upper: Number.POSITIVE_INFINITY })
  })

  it('take their place among the others', () => {
    const read = latency([1, 3], [2, 0.5])
    expect([0.25, 0.5, 0.75, 1].map((q) => read.percentile(q))).toEqual([0.5, 1, expect.closeTo(2, 2), 3])
  })

  it('that are missing altogether may be endless', () => {
    expect(latency(micros(90)).bounds(0.5, 10)).toEqual({ lower: 0.045, upper: 0.05 })
    expect(latency(micros(90)).bounds(0.9, 10)).toEqual({ lower: 0.081, upper: 0.09 })
    expect(latency(micros(90)).bounds(0.91, 10).upper).toBe(Number.POSITIVE_INFINITY)
  })

  it('make mean and max lower bounds', () => {
    const read = latency([1, 1], [4])
    expect(read.boundsOf('mean')).toEqual({ lower: 2, upper: Number.POSITIVE_INFINITY })
    expect(read.boundsOf('max')).toEqual({ lower: 4, upper: Number.POSITIVE_INFINITY })
    expect(latency([1, 3]).boundsOf('mean')).toEqual({ lower: 2, upper: 2 })
  })

  it('count from their own time on', () => {
    const read = latency(micros(10), [0.005, 0.02])
    expect(read.countFrom(0.005)).toBe(8)
    expect(read.countFrom(0.0105)).toBe(1)
    expect(read.countFrom(1)).toBe(0)
    expect(read.countFrom(0)).toBe(12)
  })
})

describe('interval()', () => {
  // Ranks from exact fractions (Python 3): the binomial quantiles at 2.5 % and at 97.5 %, the upper one plus 1.
  it.each([
    [8, 0.5, 1, 8],
    [10, 0.5, 2, 9],
    [100, 0.5, 40, 61],
    [72, 0.95, 64, 72],
    [200, 0.95, 184, 197],
    [1000, 0.95, 936, 964],
    [368, 0.99, 360, 368],
    [1000, 0.99, 983, 997],
    [100, 0.9, 84, 96],
  ])('of %d samples at %d runs from rank %d to %d', (n, q, low, high) => {
    expect(latency(micros(n)).interval(q)).toEqual({ lower: low / 1000, upper: high / 1000 })
  })

  it.each([
    [5, 0.5, 0, Number.POSITIVE_INFINITY],
    [59, 0.95, 52, Number.POSITIVE_INFINITY],
    [71, 0.95, 63, Number.POSITIVE_INFINITY],
    [11, 0.75, 5, Number.POSITIVE_INFINITY],
  ])('of %d samples at %d runs open', (n, q, low, high) => {
    expect(latency(micros(n)).interval(q)).toEqual({ lower: low / 1000, upper: high })
  })
})

it.each([
  [0.55, 100, 55],
  [0.07, 100, 7],
  [0.29, 100, 29],
])('takes the rank that %d of %d samples really is, though binary cannot hold the share', (q, n, rank) => {
  expect(latency(micros(n)).percentile(q)).toBe(rank / 1000)
})

it('reads the same from its JSON', () => {
  const read = latency(micros(100), [3])
  const { observed, censored } = JSON.parse(JSON.stringify(read))
  const again = new Distribution(observed, censored)
  expect([again.p95, again.count, again.bounds(1)]).toEqual([read.p95, read.count, read.bounds(1)])
})
