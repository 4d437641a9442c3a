// Closed pacing in virtual time: one iteration after the other, taking turns, resting.
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { Shard } from '../../../src/core/schedule.ts'
import { pace } from '../../../src/drivers/pace.ts'
import type { Work } from '../../../src/drivers/user-pool.ts'
import { VirtualUser } from '../../../src/drivers/virtual-user.ts'
import { runDriver } from '../../support/driver-run.ts'
import { ScriptedWork } from '../../support/scripted-work.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

async function run(options: LoadOptions, takes: (iteration: number, sent: number) => number | string, shard?: Shard) {
  const clock = new VirtualClock()
  const work = new ScriptedWork({ clock, takes })
  const outcome = runDriver({
    drive: (context) => pace(context, work),
    target: () => {},
    options: { warmup: 0, ...options },
    clock,
    ...(shard ? { shard } : {}),
  })
  clock.advance(100_000)
  return { ...(await outcome), work }
}

describe('virtual users', () => {
  it('begin their next iteration when the last has ended, until the time is over', async () => {
    const { work, iterations, latency, recording } = await run({ vus: 2, duration: 1000 }, (i) => (i % 2 ? 100 : 250))
    expect(work.begun.slice(0, 5)).toEqual([
      { iteration: 0, vu: 0, planned: 0, sent: 0 },
      { iteration: 1, vu: 1, planned: 0, sent: 0 },
      { iteration: 2, vu: 1, planned: 100, sent: 100 },
      { iteration: 3, vu: 0, planned: 250, sent: 250 },
      { iteration: 4, vu: 1, planned: 350, sent: 350 },
    ])
    expect(work.begun.every(({ sent }) => sent < 1000)).toBe(true)
    expect(iterations.scheduled).toBe(work.begun.length)
    expect(iterations.ok).toBe(work.begun.length)
    expect([latency.min, latency.max]).toEqual([100, 250])
    expect(recording.lag.count).toBe(0)
    expect(recording.duration).toBe(1000)
  })

  it('count what was sent before the measured start as warm-up', async () => {
    const { work, iterations, recording } = await run({ vus: 1, duration: 1000, warmup: 250 }, () => 100)
    expect(work.begun.map(({ sent }) => sent)).toEqual(Array.from({ length: 13 }, (_, k) => k * 100))
    expect(recording.warmup[0]?.iterations).toMatchObject({ scheduled: 3, ok: 3 })
    expect(iterations).toMatchObject({ scheduled: 10, ok: 10 })
    expect(recording.lanes[0]?.okInTime).toBe(9)
  })

  it('are dealt out to shards with numbers of their own', async () => {
    const shards = await Promise.all(
      [0, 1, 2].map((index) => run({ vus: 4, duration: 100 }, () => 60, { index, of: 3 })),
    )
    expect(shards.map(({ work }) => work.begun.map(({ vu, iteration }) => [vu, iteration]))).toEqual([
      [
        [0, 0],
        [3, 3],
        [0, 6],
        [3, 9],
      ],
      [
        [1, 1],
        [1, 4],
      ],
      [
        [2, 2],
        [2, 5],
      ],
    ])
  })

  it('take turns when no iteration ever waits, and leave the event loop its turns', async () => {
    // Every reading of the clock takes 0.01 ms, and that is all that happens.
    const clock = new VirtualClock({ readingTakes: 0.01 })
    const work = new ScriptedWork({ clock, takes: () => 0 })
    const elsewhere: number[] = []
    const outcome = runDriver({
      drive: (context) => pace(context, work),
      target: () => {},
      options: { vus: 3, duration: 100, warmup: 0 },
      clock,
    })
    clock.every(1, () => elsewhere.push(clock.now()))
    clock.advance(1000)
    const { iterations, recording } = await outcome
    expect(iterations.ok).toBe(work.begun.length)
    expect(iterations.ok).toBeGreaterThan(3000)
    expect(work.begun.slice(0, 600).map(({ vu }) => vu)).toEqual(Array.from({ length: 600 }, (_, k) => k % 3))
    const gaps = elsewhere.slice(1).map((at, index) => at - (elsewhere[index] as number))
    expect(Math.max(...gaps)).toBeLessThan(7)
    expect(recording.duration).toBeLessThan(107)
  })

  it('rest as long as they say before they try again', async () => {
    const clock = new VirtualClock()
    const begun: number[] = []
    const work: Work = {
      series: () => 0,
      user: (vu, pool) =>
        new (class extends VirtualUser {
          readonly subject = 'nobody listens'
          begin() {
            begun.push(this.sent)
            this.rest = Math.min(1000, Math.max(10, this.rest * 2))
            pool.failed(this, 'refused', () => 'refused')
          }
          giveUp() {}
        })(vu),
    }
    const outcome = runDriver({
      drive: (context) => pace(context, work),
      target: () => {},
      options: { vus: 1, duration: 4000, warmup: 0 },
      clock,
    })
    clock.advance(20_000)
    expect((await outcome).errors).toEqual([{ kind: 'refused', count: begun.length, example: 'refused' }])
    expect(begun).toEqual([0, 10, 30, 70, 150, 310, 630, 1270, 2270, 3270])
  })

  it('think after each iteration, in no latency, and no less than they were told to', async () => {
    const { work, latency, recording } = await run({ vus: 2, duration: 1000, thinkTime: '150ms' }, () => 50)
    expect(work.begun.map(({ vu, sent }) => [vu, sent])).toEqual(
      [0, 200, 400, 600, 800].flatMap((sent) => [
        [0, sent],
        [1, sent],
      ]),
    )
    expect(latency.max).toBe(50)
    expect(recording.occupancy).toEqual({ duty: 2000, busy: 500, rest: 1500 })
  })

  it('think as long as chance says, the same for the same seed', async () => {
    const pauses = async (seed: number) => {
      const { work } = await run({ vus: 1, duration: 100_000, thinkTime: { min: 100, max: 300 }, seed }, () => 50)
      return work.begun.slice(1).map(({ sent }, index) => sent - (work.begun[index]?.sent ?? 0) - 50)
    }
    const times = await pauses(1)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(100)
    expect(Math.max(...times)).toBeLessThanOrEqual(301)
    expect(times.reduce((sum, time) => sum + time, 0) / times.length).toBeCloseTo(200, -1.5)
    expect(await pauses(1)).toEqual(times)
    expect(await pauses(2)).not.toEqual(times)
  })

  it('say what they did with their time: iterations under way at both ends count as far as they lie inside', async () => {
    const { recording } = await run({ vus: 3, duration: 1000, warmup: 250, gracefulStop: 5000 }, (i) => 70 + i)
    expect(recording.occupancy?.duty).toBe(3000)
    expect(recording.occupancy?.busy).toBeCloseTo(3000, 6)
  })

  it('number the same users whatever stands in their way', async () => {
    const { work, errors } = await run({ vus: 2, duration: 500, timeout: 100 }, (i) => (i === 0 ? Infinity : 60))
    expect(new Set(work.begun.map(({ vu }) => vu))).toEqual(new Set([0, 1]))
    expect(errors).toMatchObject([{ kind: 'timeout', count: 1 }])
  })
})

describe('ramping users', () => {
  const most = (begun: readonly { sent: number }[], takes: number) =>
    Math.max(
      ...begun.map(({ sent }) => begun.filter((other) => other.sent <= sent && other.sent + takes > sent).length),
    )

  it('come one by one, each when the level is nearer to its number than to the one before', async () => {
    const { work, recording } = await run({ stages: [{ vus: 4, duration: 4000 }] }, () => 100)
    const first = [0, 1, 2, 3].map((vu) => work.begun.find((begun) => begun.vu === vu)?.sent)
    expect(first).toEqual([500, 1500, 2500, 3500])
    expect(recording.occupancy?.duty).toBe(8000)
    expect(recording.occupancy?.busy).toBeCloseTo(8000, 6)
  })

  it('leave after the iteration they are at, the last come first', async () => {
    const stages = [
      { from: 4, vus: 4, duration: 1000 },
      { vus: 0, duration: 4000 },
    ]
    const { work, iterations } = await run({ stages }, () => 300)
    const last = [0, 1, 2, 3].map((vu) => work.begun.findLast((begun) => begun.vu === vu)?.sent ?? 0)
    expect(last[0]).toBeGreaterThan(4000)
    expect([...last].sort((a, b) => b - a)).toEqual(last)
    for (const [vu, leaves] of [4500, 3500, 2500, 1500].entries()) {
      expect(last[vu]).toBeLessThanOrEqual(leaves)
      expect(last[vu]).toBeGreaterThan(leaves - 301)
    }
    expect(iterations.ok).toBe(work.begun.length)
  })

  it('spike from 10 to 100 and back', async () => {
    const stages = [
      { from: 10, vus: 10, duration: 1000, name: 'before' },
      { from: 100, vus: 100, duration: 1000, name: 'spike' },
      { from: 10, vus: 10, duration: 1000, name: 'after' },
    ]
    const { work, recording } = await run({ stages }, () => 40)
    const between = (from: number, to: number) => work.begun.filter(({ sent }) => sent >= from && sent < to)
    expect(most(between(100, 900), 40)).toBe(10)
    expect(most(between(1100, 1900), 40)).toBe(100)
    expect(most(between(2100, 2900), 40)).toBe(10)
    expect(recording.stages.map(({ name, lanes }) => [name, lanes[0]?.iterations.scheduled])).toEqual(
      [0, 1000, 2000].map((from, index) => [stages[index]?.name, between(from, from + 1000).length]),
    )
    const stageSum = recording.stages.reduce((sum, { lanes }) => sum + (lanes[0]?.okInTime ?? 0), 0)
    expect(stageSum).toBe(recording.lanes[0]?.okInTime)
  })

  it('come back with the number they had', async () => {
    const stages = [0, 3, 0, 3].map((level) => ({ from: level, vus: level, duration: 1000 }))
    const { work } = await run({ stages }, () => 100)
    expect(work.users).toBe(3)
    expect(new Set(work.begun.filter(({ sent }) => sent >= 3000).map(({ vu }) => vu))).toEqual(new Set([0, 1, 2]))
    expect(work.begun.filter(({ sent }) => sent < 1000 || (sent > 2000 && sent < 3000))).toEqual([])
  })

  it('are dealt out to shards', async () => {
    const stages = [{ vus: 5, duration: 5000 }]
    const shards = await Promise.all([0, 1].map((index) => run({ stages }, () => 100, { index, of: 2 })))
    expect(shards.map(({ work }) => [...new Set(work.begun.map(({ vu }) => vu))])).toEqual([
      [0, 2, 4],
      [1, 3],
    ])
    const duty = shards.reduce((sum, { recording }) => sum + (recording.occupancy?.duty ?? 0), 0)
    expect(duty).toBe(12_500)
  })
})

describe('a fixed amount', () => {
  it('is shared: whoever is free takes the next, and the run ends with the last', async () => {
    const { work, iterations, recording } = await run({ vus: 3, iterations: 10 }, (i) => (i === 0 ? 1000 : 100))
    expect(work.begun.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(work.begun.filter(({ vu }) => vu === 0)).toHaveLength(1)
    expect(iterations).toMatchObject({ scheduled: 10, ok: 10 })
    expect(recording.duration).toBe(1000)
    expect(recording.lanes[0]?.okInTime).toBe(10)
  })

  it('is there for each user', async () => {
    const { work, recording } = await run({ vus: 3, iterationsPerVu: 4 }, (i) => (i % 3 === 0 ? 200 : 50))
    for (const vu of [0, 1, 2]) expect(work.begun.filter((begun) => begun.vu === vu)).toHaveLength(4)
    expect(recording.lanes[0]?.iterations).toMatchObject({ scheduled: 12, ok: 12 })
    // A user that has done its part is off duty.
    expect(recording.occupancy?.duty).toBeCloseTo(recording.occupancy?.busy ?? 0, 6)
  })

  it('comes in batches: the next begins when all of the last have ended', async () => {
    const { work, recording } = await run({ iterations: 7, batch: 3 }, (i) => 100 + 10 * i)
    expect(work.begun.map(({ iteration, sent }) => [iteration, sent])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 120],
      [4, 120],
      [5, 120],
      [6, 270],
    ])
    expect(recording.duration).toBe(430)
  })

  it('in batches has at most so many users at once', async () => {
    const { work } = await run({ vus: 2, iterations: 8, batch: 4 }, () => 100)
    expect(work.begun.map(({ sent }) => sent)).toEqual([0, 0, 100, 100, 200, 200, 300, 300])
    expect(work.users).toBe(2)
  })

  it('goes on after failures and time-outs', async () => {
    const options = { vus: 2, iterations: 6, batch: 2, timeout: 100 }
    const { iterations, recording } = await run(options, (i) => (i === 1 ? Infinity : i === 2 ? 'broken' : 50))
    expect(iterations).toMatchObject({ scheduled: 6, ok: 4, failed: 1, timedOut: 1 })
    expect(recording.duration).toBeLessThan(250)
  })

  it('has none of the warm-up in it', async () => {
    const { work, iterations, recording } = await run({ vus: 2, iterations: 5, warmup: 250 }, () => 100)
    expect(iterations).toMatchObject({ scheduled: 5, ok: 5 })
    expect(recording.warmup[0]?.iterations).toMatchObject({ scheduled: 6, ok: 6 })
    expect(work.begun.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 11 }, (_, k) => k))
    expect(recording.duration).toBe(350)
  })

  it('thinks, but waits for nobody at the end', async () => {
    const { recording } = await run({ vus: 1, iterations: 3, thinkTime: 500 }, () => 100)
    expect(recording.duration).toBe(1300)
    expect(recording.occupancy).toEqual({ duty: 1300, busy: 300, rest: 1000 })
  })

  it('of which a shard has no part is done at once', async () => {
    const { iterations, recording } = await run({ vus: 4, iterations: 1, warmup: 100 }, () => 10, { index: 1, of: 2 })
    expect(iterations.scheduled).toBe(0)
    expect(recording.duration).toBeLessThanOrEqual(1)
  })

  it('is dealt out to shards', async () => {
    const counts = async (options: LoadOptions) => {
      const shards = await Promise.all([0, 1, 2].map((index) => run(options, () => 10, { index, of: 3 })))
      return shards.map(({ iterations }) => iterations.ok)
    }
    expect(await counts({ vus: 3, iterations: 10 })).toEqual([4, 3, 3])
    expect(await counts({ vus: 4, iterationsPerVu: 5 })).toEqual([10, 5, 5])
  })
})
