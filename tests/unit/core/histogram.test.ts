// Histograms against exact sorted arrays, and the laws of adding them up.
import { afterEach, describe, expect, it } from 'vitest'
import { Distribution } from '../../../src/core/distribution.ts'
import { emptyHistogram, Histogram, type HistogramData, mergeHistograms } from '../../../src/core/histogram.ts'
import { seededRandom } from '../../../src/core/random.ts'

const made: Histogram[] = []
afterEach(() => {
  for (const histogram of made.splice(0)) histogram.destroy()
})

function histogramOf(times: readonly number[]): Histogram {
  const histogram = new Histogram()
  made.push(histogram)
  for (const time of times) histogram.record(time)
  return histogram
}

/** The time at the rank, counted on the array itself. */
function exact(times: readonly number[], q: number): number {
  return [...times].sort((a, b) => a - b)[Math.ceil(q * times.length) - 1] as number
}

const random = seededRandom(1)
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const samples: Record<string, number[]> = {
  'log-normal around 0.8 ms': Array.from({ length: 20_000 }, () => 0.8 * Math.exp(normal())),
  'uniform up to 1 s': Array.from({ length: 10_000 }, () => random() * 1000),
  'two humps, 1 ms and 3 s': Array.from({ length: 5000 }, () => (random() < 0.97 ? 1 + random() : 3000 + 9 * random())),
  microseconds: Array.from({ length: 1000 }, () => Math.ceil(random() * 20) / 1000),
  minutes: Array.from({ length: 300 }, () => 60_000 * (1 + 50 * random())),
  one: [12.345],
  'the same': Array(1000).fill(42),
}

describe('percentiles', () => {
  it.each(Object.entries(samples))('of %s agree with the sorted array to 0.1 % and 1 us', (_, times) => {
    const distribution = new Distribution(histogramOf(times).toData())
    for (const q of [0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]) {
      const truth = exact(times, q)
      expect(Math.abs(distribution.percentile(q) - truth), `p${q * 100}`).toBeLessThanOrEqual(truth * 0.001 + 0.001)
    }
  })

  it('keep count, sum, min and max exactly', () => {
    for (const times of Object.values(samples)) {
      expect(histogramOf(times).toData()).toMatchObject({
        count: times.length,
        sum: times.reduce((sum, time) => sum + time, 0),
        min: Math.min(...times),
        max: Math.max(...times),
      })
    }
  })
})

describe('unusual samples', () => {
  it('none: empty data, and nothing is known', () => {
    const data = histogramOf([]).toData()
    expect(data).toBe(emptyHistogram)
    expect(new Distribution(data).p50).toBeNaN()
  })

  it('below 0 are 0, above an hour keep their maximum', () => {
    const hours = 5 * 3_600_000
    const data = histogramOf([-3, 0, hours]).toData()
    expect(data).toMatchObject({ count: 3, min: 0, max: hours })
    expect(new Distribution(data).p50).toBe(0)
    expect(new Distribution(data).max).toBe(hours)
  })

  it('NaN is refused, not read as 0', () => {
    const histogram = histogramOf([1])
    expect(() => histogram.record(Number.NaN)).toThrow()
    expect(histogram.toData()).toMatchObject({ count: 1, sum: 1 })
  })
})

describe('data', () => {
  it('survives JSON unchanged, empty too', () => {
    for (const data of [emptyHistogram, histogramOf([1, 2, 300]).toData()]) {
      expect(JSON.parse(JSON.stringify(data))).toEqual(data)
    }
  })

  it('of a histogram is a copy: later samples do not change it', () => {
    const histogram = histogramOf([1])
    const before = histogram.toData()
    histogram.record(2)
    expect(before).toMatchObject({ count: 1, max: 1 })
    expect(histogram.toData()).toMatchObject({ count: 2, max: 2 })
  })

  it('is empty again after a reset', () => {
    const histogram = histogramOf([5, 6])
    histogram.reset()
    expect(histogram.toData()).toBe(emptyHistogram)
    histogram.record(7)
    expect(histogram.toData()).toMatchObject({ count: 1, sum: 7, min: 7, max: 7 })
  })
})

describe('adding up', () => {
  const parts = Object.values(samples).map((times) => histogramOf(times).toData())
  const all = histogramOf(Object.values(samples).flat()).toData()

  it('parts gives the histogram of all', () => {
    expectSame(mergeHistograms(parts), all)
  })

  it('does not depend on the order or the grouping', () => {
    const [first, ...rest] = parts as [HistogramData, ...HistogramData[]]
    expectSame(mergeHistograms([...parts].reverse()), all)
    expectSame(mergeHistograms([mergeHistograms(rest), first]), all)
  })

  it('nothing, or empty ones, changes nothing', () => {
    expect(mergeHistograms([])).toBe(emptyHistogram)
    expect(mergeHistograms([emptyHistogram, emptyHistogram])).toBe(emptyHistogram)
    expect(mergeHistograms([emptyHistogram, all])).toBe(all)
  })

  it('works on what came through JSON', () => {
    expectSame(mergeHistograms(JSON.parse(JSON.stringify([...parts, emptyHistogram]))), all)
  })
})

function expectSame(merged: HistogramData, all: HistogramData): void {
  expect(merged).toMatchObject({ count: all.count, min: all.min, max: all.max })
  expect(merged.sum).toBeCloseTo(all.sum, 3)
  const [left, right] = [new Distribution(merged), new Distribution(all)]
  for (let percent = 0; percent <= 100; percent++) {
    expect(left.percentile(percent / 100)).toBe(right.percentile(percent / 100))
  }
}
