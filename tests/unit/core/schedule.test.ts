// When arrivals are due: exact counts and times for any rate, warm-up and shard.
import { describe, expect, it } from 'vitest'
import { constantArrivals, shareOf } from '../../../src/core/schedule.ts'

const whole = { index: 0, of: 1 }
const all = (arrivals: ReturnType<typeof constantArrivals>) =>
  Array.from({ length: arrivals.total }, (_, n) => ({ iteration: arrivals.iteration(n), at: arrivals.plannedAt(n) }))

describe('constantArrivals', () => {
  it('puts 200/s for 10 s on exactly 2,000 places, 5 ms apart from 0', () => {
    const arrivals = constantArrivals({ rate: 200, duration: 10_000, warmup: 0, shard: whole })
    expect(arrivals.total).toBe(2000)
    expect(all(arrivals).map(({ at }) => at)).toEqual(Array.from({ length: 2000 }, (_, k) => k * 5))
  })

  it.each([
    { rate: 200, duration: 10_000, total: 2000 },
    { rate: 100 / 60, duration: 60_000, total: 100 },
    { rate: 1 / 3, duration: 9000, total: 3 },
    { rate: 0.1, duration: 70_000, total: 7 },
    { rate: 0.7, duration: 10_000, total: 7 },
    { rate: 3, duration: 1000, total: 3 },
    { rate: 3, duration: 1001, total: 4 },
    { rate: 1, duration: 500, total: 1 },
    { rate: 0.01, duration: 1000, total: 1 },
    { rate: 1e5, duration: 10_000, total: 1e6 },
    { rate: 333.3, duration: 86_400_000, total: 28_797_120 },
  ])('$rate/s for $duration ms are $total arrivals, all before the end', ({ rate, duration, total }) => {
    const arrivals = constantArrivals({ rate, duration, warmup: 0, shard: whole })
    expect(arrivals.total).toBe(total)
    expect(arrivals.plannedAt(0)).toBe(0)
    expect(arrivals.plannedAt(total - 1)).toBeLessThan(duration)
    expect(arrivals.plannedAt(total)).toBeGreaterThan(duration - 1e-6)
  })

  it('does not drift over a million arrivals at a rate that no float holds exactly', () => {
    const arrivals = constantArrivals({ rate: 1e6 / 7, duration: 7000, warmup: 0, shard: whole })
    expect(arrivals.total).toBe(1e6)
    for (const k of [1, 7, 999, 500_000, 999_999]) expect(arrivals.plannedAt(k)).toBeCloseTo((k * 7) / 1000, 9)
  })

  it('continues the grid before 0 for the warm-up and counts iterations through it', () => {
    const arrivals = constantArrivals({ rate: 4, duration: 1000, warmup: 600, shard: whole })
    expect(all(arrivals)).toEqual([
      { iteration: 0, at: -500 },
      { iteration: 1, at: -250 },
      { iteration: 2, at: 0 },
      { iteration: 3, at: 250 },
      { iteration: 4, at: 500 },
      { iteration: 5, at: 750 },
    ])
  })

  it('deals the same grid out to shards, none twice and none lost', () => {
    for (const of of [1, 2, 3, 7]) {
      const plan = { rate: 37, duration: 3000, warmup: 1000 }
      const shards = Array.from({ length: of }, (_, index) => constantArrivals({ ...plan, shard: { index, of } }))
      const dealt = shards.flatMap(all).sort((a, b) => a.iteration - b.iteration)
      expect(dealt).toEqual(all(constantArrivals({ ...plan, shard: whole })))
      // Arrival k of the measured time goes to shard k % of, so that shard 0 always holds the one at 0.
      expect(all(shards[0] as (typeof shards)[0]).some(({ at }) => at === 0)).toBe(true)
    }
  })

  it('leaves a shard empty when there are fewer arrivals than shards', () => {
    const of = 4
    const totals = [0, 1, 2, 3].map(
      (index) => constantArrivals({ rate: 2, duration: 1000, warmup: 0, shard: { index, of } }).total,
    )
    expect(totals).toEqual([1, 1, 0, 0])
  })
})

describe('shareOf', () => {
  it('splits any count without a rest', () => {
    expect([0, 1, 2].map((index) => shareOf({ index, of: 3 }, 8))).toEqual([3, 3, 2])
    expect([0, 1, 2].map((index) => shareOf({ index, of: 3 }, 1))).toEqual([1, 0, 0])
  })
})
