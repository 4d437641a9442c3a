// When arrivals are due: exact counts and times for any rate, ramp, warm-up, spacing and shard.
import { describe, expect, it } from 'vitest'
import { planArrivals, type Schedule, shareOf } from '../../../src/core/schedule.ts'
import { type StagePlan, steady } from '../../../src/core/stage.ts'

const whole = { index: 0, of: 1 }

function arrivalsOf(stages: readonly StagePlan[], rest: Partial<Schedule> = {}) {
  return planArrivals({ stages, warmup: 0, shard: whole, spacing: 'uniform', seed: 1, ...rest })
}

function all(stages: readonly StagePlan[], rest: Partial<Schedule> = {}) {
  const arrivals = arrivalsOf(stages, rest)
  const list: { iteration: number; at: number }[] = []
  for (; arrivals.plannedAt !== Number.POSITIVE_INFINITY; arrivals.advance()) {
    list.push({ iteration: arrivals.iteration, at: arrivals.plannedAt })
  }
  return list
}

/** `[from, to, duration]` one after the other. */
function ramps(...parts: readonly (readonly [number, number, number])[]): StagePlan[] {
  let start = 0
  return parts.map(([from, to, duration], index) => {
    const stage = { name: `${index}`, start, end: start + duration, from, to }
    start += duration
    return stage
  })
}

/** Checked without the formula under test: arrivals due up to a time, by summing tiny steps. */
function dueUpTo(time: number, stages: readonly StagePlan[]): number {
  const step = 0.05
  let sum = 0
  for (let at = step / 2; at < time; at += step) {
    const stage = stages.find(({ end }) => at < end) as StagePlan
    sum += stage.from + ((stage.to - stage.from) * (at - stage.start)) / (stage.end - stage.start)
  }
  return (sum * step) / 1000
}

describe('a steady rate', () => {
  it('puts 200/s for 10 s on exactly 2,000 places, 5 ms apart from 0', () => {
    const arrivals = all(steady(200, 10_000))
    expect(arrivals.map(({ at }) => at)).toEqual(Array.from({ length: 2000 }, (_, k) => k * 5))
    expect(arrivals.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 2000 }, (_, k) => k))
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
  ])('of $rate/s for $duration ms is $total arrivals, all before the end', ({ rate, duration, total }) => {
    const arrivals = all(steady(rate, duration))
    expect(arrivals).toHaveLength(total)
    expect(arrivals[0]?.at).toBe(0)
    expect(arrivals.at(-1)?.at).toBeLessThan(duration)
    expect(((total - 0) * 1000) / rate).toBeGreaterThan(duration - 1e-6)
  })

  it('does not drift over a million arrivals at a rate that no float holds exactly', () => {
    const arrivals = all(steady(1e6 / 7, 7000))
    expect(arrivals).toHaveLength(1e6)
    for (const k of [1, 7, 999, 500_000, 999_999]) expect(arrivals[k]?.at).toBeCloseTo((k * 7) / 1000, 9)
  })

  it('continues the grid before 0 for the warm-up and counts iterations through it', () => {
    expect(all(steady(4, 1000), { warmup: 600 })).toEqual([
      { iteration: 0, at: -500 },
      { iteration: 1, at: -250 },
      { iteration: 2, at: 0 },
      { iteration: 3, at: 250 },
      { iteration: 4, at: 500 },
      { iteration: 5, at: 750 },
    ])
  })
})

describe('stages', () => {
  const shapes: [string, StagePlan[]][] = [
    ['up from 0', ramps([0, 100, 4000])],
    ['down to 0', ramps([100, 0, 4000])],
    ['up, level, down', ramps([10, 50, 2000], [50, 50, 3000], [50, 5, 1000])],
    ['with a jump', ramps([10, 10, 2000], [100, 100, 1000], [10, 10, 2000])],
    ['with a pause', ramps([20, 20, 1000], [0, 0, 1500], [30, 30, 1000])],
    ['of fractions', ramps([0.3, 1.7, 60_000], [1.7, 0.1, 30_000])],
  ]
  it.each(shapes)('%s: the k-th arrival is due when k are due', (_, stages) => {
    const arrivals = all(stages)
    for (const { iteration, at } of arrivals) {
      expect(at).toBeGreaterThanOrEqual(0)
      expect(at).toBeLessThan((stages.at(-1) as StagePlan).end)
      if (iteration % 7 === 0) expect(dueUpTo(at, stages)).toBeCloseTo(iteration, 1)
    }
    const area = stages.reduce((sum, { start, end, from, to }) => sum + ((from + to) * (end - start)) / 2000, 0)
    expect(arrivals).toHaveLength(Math.ceil(Number(area.toFixed(9))))
    const times = arrivals.map(({ at }) => at)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('rise as the square of the time: from 0 to 100/s in 2 s the k-th comes at sqrt(k / 25) s', () => {
    const arrivals = all(ramps([0, 100, 2000]))
    expect(arrivals).toHaveLength(100)
    for (const { iteration, at } of arrivals) expect(at).toBeCloseTo(Math.sqrt(iteration / 25) * 1000, 6)
  })

  it('sends nothing in a stage at 0', () => {
    const times = all(ramps([20, 20, 1000], [0, 0, 1500], [30, 30, 1000])).map(({ at }) => at)
    expect(times.filter((at) => at >= 1000 && at < 2500)).toEqual([])
    expect(times.filter((at) => at < 1000)).toHaveLength(20)
    expect(times.filter((at) => at >= 2500)).toHaveLength(30)
  })

  it('warm up at the rate of their beginning', () => {
    const times = all(ramps([10, 50, 1000]), { warmup: 500 }).map(({ at }) => at)
    expect(times.slice(0, 6)).toEqual([-500, -400, -300, -200, -100, 0])
  })

  it('lose and double nothing over a day', () => {
    const hour = 3_600_000
    const stages = ramps([0, 10, 6 * hour], [10, 10, 12 * hour], [10, 0, 6 * hour])
    const arrivals = arrivalsOf(stages)
    let count = 0
    for (let last = -1; arrivals.plannedAt !== Number.POSITIVE_INFINITY; arrivals.advance()) {
      if (arrivals.plannedAt < last) throw new Error(`arrival ${count} comes before the one before it`)
      last = arrivals.plannedAt
      count++
    }
    expect(count).toBe(648_000)
    expect(arrivals.iteration).toBe(648_000)
  })
})

describe('poisson', () => {
  const stages = steady(100, 100_000)
  const gaps = all(stages, { spacing: 'poisson' }).flatMap(({ at }, index, list) =>
    index === 0 ? [] : [at - (list[index - 1]?.at ?? 0)],
  )

  it('has as many arrivals as an even grid, in order, within the time', () => {
    expect(gaps).toHaveLength(9999)
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0)
    expect(all(stages, { spacing: 'poisson' }).at(-1)?.at).toBeLessThan(100_000)
  })

  it('has gaps that are exponential: mean and deviation 10 ms, 1 - 1/e of them shorter', () => {
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
    expect(mean).toBeCloseTo(10, 0)
    expect(deviation / mean).toBeGreaterThan(0.96)
    expect(deviation / mean).toBeLessThan(1.04)
    const shorter = gaps.filter((gap) => gap < 10).length / gaps.length
    expect(shorter).toBeGreaterThan(0.62)
    expect(shorter).toBeLessThan(0.645)
  })

  it('has counts per second whose variance is their mean', () => {
    const counts = Array<number>(100).fill(0)
    for (const { at } of all(stages, { spacing: 'poisson' }))
      counts[Math.floor(at / 1000)] = (counts[Math.floor(at / 1000)] ?? 0) + 1
    const variance = counts.reduce((sum, count) => sum + (count - 100) ** 2, 0) / counts.length
    expect(variance).toBeGreaterThan(60)
    expect(variance).toBeLessThan(150)
  })

  it('follows ramps: half of the area is half of the arrivals', () => {
    const times = all(ramps([0, 200, 100_000]), { spacing: 'poisson' }).map(({ at }) => at)
    expect(times).toHaveLength(10_000)
    const early = times.filter((at) => at < 100_000 / Math.SQRT2).length
    expect(early).toBeGreaterThan(4800)
    expect(early).toBeLessThan(5200)
  })

  it('is the same for the same seed, and another for another', () => {
    const times = (seed: number) => all(stages, { spacing: 'poisson', seed }).map(({ at }) => at)
    expect(times(7)).toEqual(times(7))
    expect(times(7)).not.toEqual(times(8))
  })

  it('has a warm-up of its own number', () => {
    const times = all(steady(50, 2000), { spacing: 'poisson', warmup: 1000 }).map(({ at }) => at)
    expect(times.filter((at) => at < 0)).toHaveLength(50)
    expect(times.filter((at) => at >= 0)).toHaveLength(100)
    expect(times.filter((at) => at >= 1000).length).toBeGreaterThan(35)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(-1000)
  })
})

describe('shards', () => {
  it.each(['uniform', 'poisson'] as const)('deal the same %s arrivals out, none twice and none lost', (spacing) => {
    for (const of of [1, 2, 3, 7]) {
      const stages = ramps([37, 37, 2000], [37, 90, 1000])
      const shards = Array.from({ length: of }, (_, index) =>
        all(stages, { warmup: 1000, spacing, shard: { index, of } }),
      )
      const dealt = shards.flat().sort((a, b) => a.iteration - b.iteration)
      expect(dealt).toEqual(all(stages, { warmup: 1000, spacing }))
      // Arrival k of the measured time goes to shard k % of, so that shard 0 always holds the first.
      expect(shards[0]?.find(({ at }) => at >= 0)?.iteration).toBe(37)
    }
  })

  it('are empty when there are fewer arrivals than shards', () => {
    const totals = [0, 1, 2, 3].map((index) => all(steady(2, 1000), { shard: { index, of: 4 } }).length)
    expect(totals).toEqual([1, 1, 0, 0])
  })

  it('split any count without a rest', () => {
    expect([0, 1, 2].map((index) => shareOf({ index, of: 3 }, 8))).toEqual([3, 3, 2])
    expect([0, 1, 2].map((index) => shareOf({ index, of: 3 }, 1))).toEqual([1, 0, 0])
  })
})
