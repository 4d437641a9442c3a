// The verdict on heaps of known shape, and how often it is wrong on a small corpus of simulated ones.
import { describe, expect, it } from 'vitest'
import { type LeakSamples, testLeak } from '../../../src/analysis/leak-test.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { type Draw, healthy, leaks, sampled } from '../../support/heap-shapes.ts'

const mb = 1e6
const second = 1000

interface Course {
  readonly count?: number
  readonly every?: number
  readonly requests?: (at: number) => number
}

/** Bytes as a function of the share of the run, with a noise that no test can take for a trend. */
function samplesOf(
  bytes: (share: number) => number,
  { count = 40, every = second, requests }: Course = {},
): LeakSamples {
  const random = seededRandom(7)
  const at = Array.from({ length: count }, (_, index) => index * every)
  const noisy = at.map((_, index) => bytes(index / (count - 1)) + 0.02 * mb * (random() - 0.5))
  return { at, bytes: noisy, ...(requests && { requests: at.map(requests) }) }
}

describe('testLeak()', () => {
  it('finds a leak, and says how fast', () => {
    const samples = samplesOf((share) => 30 * mb + share * 39 * 0.2 * mb, { requests: (at) => at / 10 })
    const found = testLeak(samples)
    expect(found).toMatchObject({ verdict: 'leak', window: 27 * second })
    expect(found.growth).toBeCloseTo(27 * 0.2 * mb, -5)
    expect(found.perHour.value).toBeCloseTo(720 * mb, -7)
    expect(found.perHour.lower).toBeLessThan(720 * mb)
    expect(found.perHour.upper).toBeGreaterThan(720 * mb)
    expect(found.perRequest).toBeCloseTo(2000, -2)
    expect(found.reason).toBe('after forced collections the heap grew by 5 MB in 27 s (from 32 MB), evenly to its end')
    expect(found).not.toHaveProperty('more')
    expect(JSON.parse(JSON.stringify(found))).toEqual(found)
  })

  it('passes a heap that stays', () => {
    const found = testLeak(samplesOf(() => 30 * mb))
    expect(found).toMatchObject({
      verdict: 'no-leak',
      reason: 'no growth of the heap above 1 MB (3.5 %) in 27 s was seen, and none above 6 MB is likely',
    })
    expect(found).not.toHaveProperty('more')
    expect(found).not.toHaveProperty('perRequest')
  })

  it('passes one that shrinks', () => {
    expect(testLeak(samplesOf((share) => (40 - 10 * share) * mb)).verdict).toBe('no-leak')
  })

  it('leaves out the first 30 % of the time', () => {
    const found = testLeak(samplesOf((share) => 30 * mb + Math.min(share, 0.3) * 200 * mb))
    expect(found.verdict).toBe('no-leak')
    expect(Math.abs(found.growth as number)).toBeLessThan(0.1 * mb)
  })

  it('waits for a cache that is full in the middle', () => {
    const cache = (end: number) => (share: number) => (30 + 20 * Math.min(1, (share * end) / 0.7)) * mb
    expect(testLeak(samplesOf(cache(1)))).toMatchObject({
      verdict: 'inconclusive',
      more: 39 * second,
      reason: expect.stringMatching(/^the heap varies: its growth in 27 s lies between .+ and \d+ MB, twice the time/),
    })
    expect(testLeak(samplesOf(cache(2.4), { count: 95 })).verdict).toBe('no-leak')
  })

  it('waits for growth that gets slower', () => {
    const found = testLeak(samplesOf((share) => (30 + 60 * (1 - Math.exp(-share / 0.35))) * mb))
    expect(found.reason).toContain('in the second half less than half as fast as in the first')
  })

  it('waits for growth that ends before the window does', () => {
    const found = testLeak(samplesOf((share) => (30 + 60 * Math.min(share, 0.9)) * mb))
    expect(found).toMatchObject({ verdict: 'inconclusive', reason: expect.stringContaining('hardly at the end') })
  })

  it('waits for growth that only the first half shows', () => {
    const found = testLeak(samplesOf((share) => (30 + 60 * Math.min(share, 0.8)) * mb))
    expect(found.reason).toMatch(
      /^after forced collections the heap grew by \d+ MB in 27 s, but its second half alone does not show it: a cache/,
    )
  })

  it('says what it can when the heap varies too much', () => {
    const random = seededRandom(3)
    const found = testLeak(samplesOf(() => 30 * mb * (1 + random())))
    expect(found).toMatchObject({ verdict: 'inconclusive', more: 39 * second })
    expect(found.reason).toMatch(/^the heap varies: its growth in 27 s lies between -\d+ MB and \d+ MB, twice/)
  })

  it('does not pass growth that is likely above the minimum, if not certainly', () => {
    const random = seededRandom(3)
    const found = testLeak(samplesOf((share) => (30 + 3 * share + 2 * random()) * mb))
    expect(found.reason).toMatch(/^the heap varies: its growth in 27 s lies between \d+ [Mk]B and \d MB, twice/)
    expect(found.verdict).toBe('inconclusive')
  })

  it('follows a leak over the requests when the load is uneven', () => {
    // 40 s at full load, then next to none: over the time that looks like a cache that is full.
    const done = (at: number) => Math.min(at, 24 * second) + 0.02 * Math.max(0, at - 24 * second)
    const bytes = (share: number) => 30 * mb + done(share * 39 * second) * 1000
    const requests = (at: number) => Math.round(done(at))
    expect(testLeak(samplesOf(bytes)).verdict).toBe('inconclusive')
    expect(testLeak(samplesOf(bytes, { requests })).perRequest).toBeCloseTo(1000, -1)
  })

  it('does without requests that stand still', () => {
    const found = testLeak(samplesOf((share) => (30 + 10 * share) * mb, { requests: () => 5 }))
    expect(found.verdict).toBe('leak')
    expect(found).not.toHaveProperty('perRequest')
  })

  describe('with few samples', () => {
    const growing = (count: number) => testLeak(samplesOf((share) => (30 + 30 * share) * mb, { count }))

    it('is inconclusive, and says for how much longer', () => {
      const found = growing(12)
      expect(found).toMatchObject({
        verdict: 'inconclusive',
        reason: '8 samples of the settled heap cannot tell, 15 are needed: load for longer',
        growth: null,
        perHour: { value: null, lower: null, upper: null },
        window: 7 * second,
      })
      expect(growing(12 + (found.more as number) / second).verdict).toBe('leak')
    })

    it.each([0, 1])('knows no pace from %d', (count) => {
      const found = growing(count)
      expect(found).toMatchObject({ verdict: 'inconclusive', window: 0 })
      expect(found).not.toHaveProperty('more')
    })

    it('always asks for enough, and never for none', () => {
      for (let count = 2; count < 40; count++) {
        const found = growing(count)
        if (found.growth !== null) continue
        const more = (found.more as number) / second
        expect(more).toBeGreaterThan(0)
        expect(growing(count + more).growth).not.toBeNull()
      }
    })
  })

  describe('with a minimum', () => {
    const samples = samplesOf((share) => (30 + 5 * share) * mb)

    it.each([
      ['a share of the heap', 0.05, 'leak'],
      ['a larger share', 0.15, 'no-leak'],
      ['bytes', 2 * mb, 'leak'],
      ['more bytes', 5 * mb, 'no-leak'],
      ['one byte', 1, 'leak'],
    ])('in %s', (_, minGrowth, verdict) => {
      expect(testLeak(samples, { minGrowth }).verdict).toBe(verdict)
    })

    it('names growth that it lets pass', () => {
      expect(testLeak(samples, { minGrowth: 0.15 }).reason).toBe(
        'the heap grew by 3 MB in 27 s, not certainly more than the 5 MB (15 %) that are no leak yet',
      )
    })

    it('asks to confirm growth of which each half alone is below 2 %', () => {
      const found = testLeak(samplesOf((share) => (200 + 9 * share) * mb))
      expect(found).toMatchObject({ verdict: 'inconclusive', more: 39 * second })
      expect(testLeak(samplesOf((share) => (200 + 18 * share) * mb, { count: 79 })).verdict).toBe('leak')
    })

    it('is 2 % by default, of small heaps 1 MiB or 5 %', () => {
      const grown = (base: number, growth: number) =>
        testLeak(samplesOf((share) => base * (1 + (growth * share) / 0.7))).verdict
      expect([0.017, 0.05].map((growth) => grown(200 * mb, growth))).toEqual(['no-leak', 'leak'])
      expect([0.03, 0.05].map((growth) => grown(30 * mb, growth))).toEqual(['no-leak', 'leak'])
      expect([0.04, 0.07].map((growth) => grown(5 * mb, growth))).toEqual(['no-leak', 'leak'])
    })
  })
})

// A part of what tests/verify/leak-series.ts counts; seeded, so that it says the same each time.
describe('of simulated heaps', () => {
  const look = (draw: Draw, seed: number) => {
    const random = seededRandom(seed)
    const noise = { share: 0.005, kept: 0.4 }
    const take = sampled(draw(random), random, { bytes: 40 * mb, every: second, noise, planned: 30 })
    const verdicts = [30, 60, 120].map((count) => testLeak(take(count)).verdict)
    return verdicts.find((verdict) => verdict !== 'inconclusive')
  }
  const repeated = (draw: Draw) => Array.from({ length: 100 }, (_, seed) => look(draw, seed * 7919))

  it.each(Object.entries(healthy))('%s is no leak', (_, draw) => {
    const verdicts = repeated(draw)
    expect(verdicts.filter((verdict) => verdict === 'leak').length).toBeLessThanOrEqual(1)
    expect(verdicts.filter((verdict) => verdict === 'no-leak').length).toBeGreaterThanOrEqual(95)
  })

  it.each(Object.entries(leaks))('%s is one', (_, draw) => {
    expect(
      repeated((random) => draw(random)(0.2)).filter((verdict) => verdict === 'leak').length,
    ).toBeGreaterThanOrEqual(95)
  })
})
