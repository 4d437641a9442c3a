// Closed pacing in virtual time: one iteration after the other, taking turns, resting.
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/plan.ts'
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
})
