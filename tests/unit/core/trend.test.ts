// Slope, its interval and the trend test, against a second source.
import { describe, expect, it } from 'vitest'
import { mannKendall, trendOf } from '../../../src/core/trend.ts'

interface Golden {
  readonly at: readonly number[]
  readonly values: readonly number[]
  readonly slope: number
  readonly lower: number
  readonly upper: number
  readonly z: number
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const none = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }

// Origin: Python 3, scipy 1.17.1. Slope and, where the variance is not widened, interval: scipy.stats.theilslopes(y, x, alpha=0.99).
// S: numpy sums of signs, its sign and size checked with scipy.stats.kendalltau. Factor of Hamed and Rao: numpy.correlate of
// scipy.stats.rankdata(y - slope x), lags beyond norm.ppf(0.975) / sqrt(n), no less than 1. Widened intervals: the order
// statistics of all slopes after Gilbert (1987), 16.5, with that variance.
const golden: Readonly<Record<string, Golden>> = {
  'three rising': { at: [0, 1, 2], values: [1, 2, 4], slope: 1.5, ...none, z: 1.044465935734187 },
  'three, not evenly': { at: [0, 1, 3], values: [5, 2, 4], slope: -1 / 3, ...none, z: 0 },
  'five, too few for 99 %': { at: upTo(5), values: [1, 3, 2, 5, 4], slope: 0.875, ...none, z: 1.224744871391589 },
  'six, the first that are enough': {
    at: upTo(6),
    values: [1, 2, 4, 5, 7, 11],
    slope: 1.6666666666666667,
    lower: 1,
    upper: 4,
    z: 2.630142022557628,
  },
  // Neighbours that differ more than others (factor 0.44) make nothing more certain.
  'up and down on the way up': {
    at: upTo(8),
    values: [2, 1, 4, 3, 6, 5, 8, 7],
    slope: 1,
    lower: -1,
    upper: 1.6666666666666667,
    z: 2.350640381700619,
  },
  // Factor 1.559; without it z is 2.8596 and the upper end 0.4.
  'many equal': {
    at: upTo(12),
    values: [3, 3, 3, 4, 4, 3, 5, 5, 4, 6, 6, 5],
    slope: 0.31666666666666665,
    lower: 0,
    upper: 0.5,
    z: 2.2899500418761263,
  },
  constant: { at: upTo(7), values: Array(7).fill(7), slope: 0, lower: 0, upper: 0, z: 0 },
  falling: {
    at: upTo(10),
    values: [20, 18, 19, 15, 16, 12, 11, 9, 10, 5],
    slope: -1.5,
    lower: -2,
    upper: -1,
    z: -3.3988233257996803,
  },
  'at uneven times': {
    at: [0, 1, 2, 5, 9, 10, 14, 21, 22, 30, 41, 42],
    values: [10, 12, 11, 15, 20, 18, 25, 31, 30, 44, 52, 57],
    slope: 1.0519568151147098,
    lower: 0.875,
    upper: 1.1818181818181819,
    z: 4.045780339810076,
  },
  noise: {
    at: upTo(20),
    values: [
      100.35, 100.82, 100.33, 98.7, 100.91, 100.45, 99.46, 100.58, 100.36, 100.29, 100.03, 100.55, 99.26, 99.84, 99.52,
      100.6, 100.04, 99.71, 99.22, 99.74,
    ],
    slope: -0.04293939393939386,
    lower: -0.1033333333333341,
    upper: 0.020769230769230464,
    z: -1.7844356324383879,
  },
  // Factor 1.615; without it z is -0.8436, the interval -0.1183 to 0.08.
  'noise that lasts': {
    at: upTo(24),
    values: [
      99.35, 99.3, 101.11, 101.54, 99.59, 99.67, 99.11, 99.44, 97.94, 98.6, 99.11, 100.87, 101.01, 101.32, 99.56, 101.9,
      99.61, 100.79, 100.3, 99.36, 98.83, 98.39, 99.09, 99.17,
    ],
    slope: -0.02122222222222187,
    lower: -0.16727272727272757,
    upper: 0.12909090909090926,
    z: -0.6638479553428978,
  },
  // Factor 3.198, with negative correlation up to half of the length; without it z is -0.1692.
  'up and down again': {
    at: upTo(22),
    values: [1, 3, 6, 8, 11, 13, 14, 16, 17, 18, 19, 18.5, 17.5, 16.5, 15, 13.5, 12, 10, 7, 5, 4, 2],
    slope: -0.06666666666666667,
    lower: -1.625,
    upper: 1.6666666666666667,
    z: -0.0946018900439465,
  },
  // Factor 1.867; without it z is 5.5384, the interval 0.165 to 0.3.
  'a trend in noise that lasts': {
    at: upTo(30),
    values: [
      100, 100.6, 100.5, 100, 100.2, 99.9, 100.9, 102.9, 102.4, 102.1, 103.1, 103.7, 104, 103.2, 103.7, 104.9, 103.7,
      104, 102.8, 102.9, 102.5, 103.9, 103.9, 105.6, 106.6, 106.9, 104.9, 105.8, 107, 108,
    ],
    slope: 0.23529411764705882,
    lower: 0.12941176470588253,
    upper: 0.3200000000000003,
    z: 4.053804361959874,
  },
}

describe('trendOf()', () => {
  it.each(Object.entries(golden))('of %s', (_, { at, values, slope, lower, upper }) => {
    const trend = trendOf(at, values)
    expect(trend.slope).toBeCloseTo(slope, 12)
    expectEnd(trend.lower, lower)
    expectEnd(trend.upper, upper)
  })

  it('knows nothing of less than three values', () => {
    const unknown = { slope: Number.NaN, lower: Number.NaN, upper: Number.NaN }
    expect([[], [1], [1, 2]].map((values) => trendOf(upTo(values.length), values))).toEqual([unknown, unknown, unknown])
  })

  it('is per unit of the times, and from the smallest of values on', () => {
    const { at, values } = golden['a trend in noise that lasts'] as Golden
    const once = trendOf(at, values)
    const moved = trendOf(
      at.map((time) => 5000 + time * 1000),
      values.map((value) => value * 1e6 - 3e7),
    )
    expect(moved.slope / once.slope).toBeCloseTo(1000, 6)
    expect(moved.lower / once.lower).toBeCloseTo(1000, 6)
    expect(moved.upper / once.upper).toBeCloseTo(1000, 6)
  })

  it('is not led astray by a single value', () => {
    const values = upTo(20).map((index) => (index === 10 ? 1e9 : index))
    expect(trendOf(upTo(20), values).slope).toBeCloseTo(1, 12)
  })
})

describe('mannKendall()', () => {
  it.each(Object.entries(golden))('of %s', (_, { at, values, z }) => {
    expect(mannKendall(at, values)).toBeCloseTo(z, 10)
  })

  it('knows nothing of less than three values', () => {
    expect([[], [1], [1, 2]].map((values) => mannKendall(upTo(values.length), values))).toEqual(
      Array(3).fill(Number.NaN),
    )
  })

  it('sees the same in a falling series as in its mirror image', () => {
    const { at, values } = golden['many equal'] as Golden
    const mirrored = mannKendall(
      at,
      values.map((value) => -value),
    )
    expect(mirrored).toBeCloseTo(-mannKendall(at, values), 10)
  })
})

function expectEnd(actual: number, expected: number): void {
  if (Number.isFinite(expected)) expect(actual).toBeCloseTo(expected, 12)
  else expect(actual).toBe(expected)
}
