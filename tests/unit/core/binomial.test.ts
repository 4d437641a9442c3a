// Binomial tails and quantiles, against exact fractions.
import { describe, expect, it } from 'vitest'
import { binomialCdf, binomialQuantile } from '../../../src/core/binomial.ts'

// Origin: Python 3, fractions.Fraction and math.comb, sum of comb(n, i) p^i (1 - p)^(n - i), p as an exact fraction.
const tails: [k: number, n: number, p: number, tail: number][] = [
  [0, 1, 0.05, 0.95],
  [18, 20, 0.95, 0.26416047505615015],
  [19, 20, 0.95, 0.6415140775914577],
  [1, 20, 0.05, 0.7358395249438499],
  [2, 10, 0.05, 0.9884964426207031],
  [0, 59, 0.05, 0.048494525249423236],
  [57, 59, 0.95, 0.8009172121339467],
  [294, 299, 0.99, 0.18220574470959483],
  [2, 299, 0.01, 0.4243156161107722],
  [50, 100, 0.5, 0.5397946186935894],
  [940, 1000, 0.95, 0.08673217838486096],
  [935, 1000, 0.95, 0.020749899365538598],
  [1980, 2000, 0.99, 0.5301894837340014],
  [2990, 3000, 0.999, 0.001094402823017231],
  [2, 5, 1 / 3, 0.7901234567901234],
]

// Same origin: the smallest k with P(X <= k) >= 0.025 and >= 0.975.
const quantiles: [n: number, p: number, low: number, high: number][] = [
  [5, 0.5, 0, 5],
  [10, 0.5, 2, 8],
  [20, 0.5, 6, 14],
  [100, 0.5, 40, 60],
  [59, 0.95, 52, 59],
  [72, 0.95, 64, 71],
  [73, 0.95, 65, 72],
  [100, 0.95, 90, 99],
  [200, 0.95, 184, 196],
  [1000, 0.95, 936, 963],
  [299, 0.99, 292, 299],
  [368, 0.99, 360, 367],
  [1000, 0.99, 983, 996],
  [3000, 0.999, 2993, 3000],
  [100, 0.9, 84, 95],
  [11, 0.75, 5, 11],
]

describe('binomialCdf()', () => {
  it.each(tails)('P(X <= %d) for Binomial(%d, %d)', (k, n, p, tail) => {
    expect(Math.abs(binomialCdf(k, n, p) / tail - 1)).toBeLessThan(1e-13 + n * 2e-15)
  })

  it('is 0 below and 1 from the last value on', () => {
    for (const p of [0.01, 0.3, 0.95]) {
      expect([-1, 10].map((k) => binomialCdf(k, 10, p))).toEqual([0, 1])
      expect(binomialCdf(0, 0, p)).toBe(1)
    }
    expect([0, 1].map((p) => binomialCdf(3, 5, p))).toEqual([1, 0])
  })

  it('stays a rising share for a million samples', () => {
    const values = [949_000, 949_800, 950_000, 950_200, 951_000].map((k) => binomialCdf(k, 1_000_000, 0.95))
    expect(values).toEqual([...values].sort((a, b) => a - b))
    expect(values[2]).toBeCloseTo(0.5, 2)
  })
})

describe('binomialQuantile()', () => {
  it.each(quantiles)('of Binomial(%d, %d) is %d at 2.5 % and %d at 97.5 %', (n, p, low, high) => {
    expect([binomialQuantile(0.025, n, p), binomialQuantile(0.975, n, p)]).toEqual([low, high])
  })
})
