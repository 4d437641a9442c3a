// Open pacing in virtual time: the stall formula, start times, virtual users on demand, dropped iterations.
import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { Recording } from '../../../src/core/recording.ts'
import { Run, type RunData } from '../../../src/core/run.ts'
import type { Shard } from '../../../src/core/schedule.ts'
import type { Stage } from '../../../src/core/stage.ts'
import { pace } from '../../../src/drivers/pace.ts'
import { runDriver } from '../../support/driver-run.ts'
import { buildRunData } from '../../support/run-builder.ts'
import { ScriptedWork } from '../../support/scripted-work.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

interface Case {
  readonly options: LoadOptions
  readonly takes: (iteration: number, sent: number, clock: VirtualClock) => number | string
  readonly shard?: Shard
  /** How long the clock is moved; default: past everything. */
  readonly pass?: number
}

async function run({ options, takes, shard, pass = 100_000 }: Case) {
  const clock = new VirtualClock()
  const work = new ScriptedWork({ clock, takes: (iteration, sent) => takes(iteration, sent, clock) })
  const outcome = runDriver({
    drive: (context) => pace(context, work),
    target: () => {},
    options: { warmup: 0, ...options },
    clock,
    ...(shard ? { shard } : {}),
  })
  clock.advance(pass)
  return { ...(await outcome), work }
}

describe('stall: P(latency > x) = (D - x) / T', () => {
  it.each([
    { rate: 200, freeze: 1000, p95: 500, p99: 900, max: 1000 },
    { rate: 500, freeze: 2000, p95: 1500, p99: 1900, max: 2000 },
  ])('$rate/s, frozen for $freeze of 10,000 ms', async ({ rate, freeze, p95, p99, max }) => {
    const takes = (_: number, sent: number) => (sent >= 3000 && sent < 3000 + freeze ? 3000 + freeze - sent : 0)
    const { iterations, latency, serviceTime, recording } = await run({ options: { rate, duration: '10s' }, takes })
    expect(iterations).toMatchObject({ scheduled: rate * 10, ok: rate * 10, dropped: 0 })
    // A histogram bucket is 0.1 % wide.
    expect(latency.p95 / p95).toBeCloseTo(1, 2.9)
    expect(latency.p99 / p99).toBeCloseTo(1, 2.9)
    expect(latency.max).toBe(max)
    expect(latency.countFrom(0.001)).toBe((rate * freeze) / 1000)
    expect(serviceTime.p99).toBe(latency.p99)
    expect(recording.lag.max).toBe(0)
  })

  it('is told whole by latency, not by service time, when the generator itself is frozen', async () => {
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: () => 0 })
    const drive = (context: Parameters<typeof pace>[0]) => {
      let missed = 0
      const every = (interval: number, callback: () => void) =>
        clock.every(interval, () => {
          if (clock.now() > 3000 && clock.now() < 4000) missed++
          else callback()
        })
      const frozen = { now: () => clock.now(), every, soon: (callback: () => void) => clock.soon(callback) }
      return pace({ ...context, clock: frozen }, work).then(() => expect(missed).toBe(999))
    }
    const outcome = runDriver({
      drive,
      target: () => {},
      options: { rate: 200, duration: '10s', warmup: 0 },
      clock,
    })
    clock.advance(20_000)
    const { latency, serviceTime, recording, iterations } = await outcome
    expect(iterations).toMatchObject({ scheduled: 2000, ok: 2000 })
    expect(latency.p99 / 900).toBeCloseTo(1, 1.9)
    expect(serviceTime.max).toBe(0)
    expect(recording.lag).toMatchObject({ count: 2000, max: 995 })
  })
})

describe('start times', () => {
  it('follow the grid exactly, one iteration number each', async () => {
    const { work } = await run({ options: { rate: 200, duration: 1000 }, takes: () => 1 })
    expect(work.begun).toEqual(
      Array.from({ length: 200 }, (_, k) => ({ iteration: k, vu: 0, planned: k * 5, sent: k * 5 })),
    )
  })

  it('catch up within a tick when arrivals are closer than ticks', async () => {
    const { work, recording } = await run({ options: { rate: 4000, duration: 100 }, takes: () => 0 })
    expect(work.begun.map(({ planned }) => planned)).toEqual(Array.from({ length: 400 }, (_, k) => k / 4))
    expect(work.begun.every(({ planned, sent }) => sent === Math.ceil(planned))).toBe(true)
    expect(recording.lag.max).toBe(0.75)
  })

  it('do not drift over a million starts', async () => {
    const { work, recording, iterations } = await run({ options: { rate: 1e5, duration: '10s' }, takes: () => 0 })
    expect(iterations).toMatchObject({ scheduled: 1e6, ok: 1e6 })
    expect(work.begun.length).toBe(1e6)
    expect(work.begun.every(({ planned, sent }, k) => planned === (k * 1000) / 1e5 && sent - planned < 1)).toBe(true)
    expect(recording.duration).toBe(10_000)
  })

  it('begin with the warm-up, which is counted apart', async () => {
    const { work, iterations, recording } = await run({
      options: { rate: 100, duration: 1000, warmup: 250 },
      takes: () => 3,
    })
    // The measured start is 250 ms after the beginning.
    expect(work.begun.map(({ planned }) => planned)).toEqual(Array.from({ length: 125 }, (_, k) => k * 10))
    expect(work.begun.map(({ iteration }) => iteration)).toEqual(Array.from({ length: 125 }, (_, k) => k))
    expect(iterations).toMatchObject({ scheduled: 100, ok: 100 })
    expect(recording.warmup[0]?.iterations).toMatchObject({ scheduled: 25, ok: 25 })
    expect(recording.lag.count).toBe(100)
    expect(recording.duration).toBe(1000)
  })

  it('are dealt out to shards: each keeps its rate, users and iterations have numbers of their own', async () => {
    const shards = await Promise.all(
      [0, 1, 2].map((index) =>
        run({ options: { rate: 100, duration: 1000, maxVUs: 100 }, takes: () => 25, shard: { index, of: 3 } }),
      ),
    )
    expect(shards.map(({ work }) => work.begun.slice(0, 3))).toMatchObject([
      [
        { iteration: 0, vu: 0, planned: 0 },
        { iteration: 3, vu: 0, planned: 30 },
        { iteration: 6, vu: 0, planned: 60 },
      ],
      [{ iteration: 1, vu: 1, planned: 10 }, { iteration: 4 }, { iteration: 7 }],
      [{ iteration: 2, vu: 2, planned: 20 }, { iteration: 5 }, { iteration: 8 }],
    ])
    const iterations = shards.flatMap(({ work }) => work.begun.map(({ iteration }) => iteration))
    expect(iterations.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, k) => k))
  })
})

describe('virtual users', () => {
  it('go again while a late generator catches up, instead of one new user for each late arrival', async () => {
    // Every start takes 0.05 ms, the ticks from 300 to 800 ms are lost, and an answer takes 1 ms.
    const clock = new VirtualClock({ readingTakes: 0.05 })
    const work = new ScriptedWork({ clock, takes: () => 1 })
    const every = (interval: number, callback: () => void) =>
      clock.every(interval, () => {
        const now = clock.now()
        if (now < 300 || now > 800) callback()
      })
    const slow = { now: () => clock.now(), every, soon: (callback: () => void) => clock.soon(callback) }
    const outcome = runDriver({
      drive: (context) => pace({ ...context, clock: slow }, work),
      target: () => {},
      options: { rate: 1000, duration: 2000, warmup: 0 },
      clock,
    })
    clock.advance(5000)
    const { iterations, recording } = await outcome
    expect(iterations).toMatchObject({ scheduled: 2000, ok: 2000 })
    expect(recording.lag.max).toBeGreaterThan(499)
    expect(work.users).toBeLessThan(150)
  })

  it('are made on demand, and the one that was freed last comes first', async () => {
    const { work } = await run({ options: { rate: 100, duration: 100 }, takes: (i) => (i === 0 ? 35 : 1) })
    // The first is away for 35 ms; the second does everything meanwhile and nothing afterwards.
    expect(work.begun.map(({ vu }) => vu)).toEqual([0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    expect(work.users).toBe(2)
  })

  it('are at most maxVUs; what is due beyond is dropped and counted, and sent nowhere', async () => {
    const { work, iterations, recording, balanced } = await run({
      options: { rate: 100, duration: 1000, maxVUs: 3 },
      takes: () => 95,
    })
    // Three start at 0, 10 and 20 ms; each is free again 95 ms later, in time for the arrival at 100, 110 and 120 ms.
    expect(iterations).toMatchObject({ scheduled: 100, ok: 30, dropped: 70, unfinished: 0 })
    expect(work.begun.map(({ planned }) => planned % 100)).toEqual(Array.from({ length: 30 }, (_, k) => (k % 3) * 10))
    expect(work.users).toBe(3)
    // The last two of them end while the run drains.
    expect(recording.timeline.rows).toMatchObject([
      { ok: 28, dropped: 70 },
      { ok: 2, dropped: 0 },
    ])
    expect(balanced).toBe(true)
  })

  it('that are missing do not hide how late the generator was: dropped iterations lag too', async () => {
    // The ticks from 300 to 800 ms are lost, and the only user never comes back.
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: () => Number.POSITIVE_INFINITY })
    const every = (interval: number, callback: () => void) =>
      clock.every(interval, () => {
        if (clock.now() < 300 || clock.now() > 800) callback()
      })
    const slow = { now: () => clock.now(), every, soon: (callback: () => void) => clock.soon(callback) }
    const outcome = runDriver({
      drive: (context) => pace({ ...context, clock: slow }, work),
      target: () => {},
      options: { rate: 100, duration: 1000, warmup: 100, maxVUs: 1, gracefulStop: 0 },
      clock,
    })
    clock.advance(5000)
    const { iterations, recording } = await outcome
    expect(iterations).toMatchObject({ scheduled: 100, dropped: 100 })
    expect(recording.lag).toMatchObject({ count: 100, max: 501 })
  })

  it('share maxVUs between shards', async () => {
    const shards = await Promise.all(
      [0, 1].map((index) =>
        run({ options: { rate: 100, duration: 1000, maxVUs: 3 }, takes: () => 5000, shard: { index, of: 2 } }),
      ),
    )
    expect(shards.map(({ work }) => work.begun.map(({ vu }) => vu))).toEqual([[0, 2], [1]])
    expect(shards.map(({ iterations }) => iterations.dropped)).toEqual([48, 49])
  })
})

it('opens no storm of connections when the generator itself was late', async () => {
  const clock = new VirtualClock()
  const work = new ScriptedWork({ clock, takes: () => 20 })
  const every = (interval: number, callback: () => void) =>
    clock.every(interval, () => (clock.now() > 1000 && clock.now() < 1500) || callback())
  const late: Clock = { now: () => clock.now(), every, soon: (callback) => clock.soon(callback) }
  const outcome = runDriver({
    drive: (context) => pace({ ...context, clock: late }, work),
    target: () => {},
    options: { rate: 1000, duration: 3000, warmup: 0 },
    clock,
  })
  clock.advance(10_000)
  const { iterations, recording } = await outcome
  expect(iterations).toMatchObject({ scheduled: 3000, ok: 3000, dropped: 0 })
  // 500 are due at once, 20 users would do; all of it is caught up with.
  expect(work.users).toBeLessThan(300)
  expect(recording.lag.max).toBeLessThan(600)
  expect(work.begun.filter(({ planned, sent }) => planned > 2000 && sent - planned > 1)).toEqual([])
})

describe('stages of rates', () => {
  const stages = [
    { rate: 100, duration: 2000, name: 'rise' },
    { from: 100, rate: 100, duration: 3000, name: 'hold' },
    { from: 0, rate: 0, duration: 1000, name: 'pause' },
    { from: 50, rate: 50, duration: 1000, name: 'after' },
  ]

  it('begin each iteration within a tick of its time, none early, and count it for the stage in which it was due', async () => {
    // What is due in the last 400 ms of a stage ends in the next one.
    const { work, recording, iterations } = await run({ options: { stages }, takes: () => 400 })
    for (const { planned, sent } of work.begun) {
      expect(sent).toBeGreaterThanOrEqual(planned)
      expect(sent - planned).toBeLessThanOrEqual(1)
    }
    expect(iterations).toMatchObject({ scheduled: 450, ok: 450 })
    expect(
      recording.stages.map(({ name, lanes: [lane] }) => [name, lane?.iterations.scheduled, lane?.okInTime]),
    ).toEqual([
      ['rise', 100, 64],
      ['hold', 300, 296],
      ['pause', 0, 40],
      ['after', 50, 31],
    ])
  })

  it('drop what is due beyond maxVUs in the stage in which it was due', async () => {
    const { recording } = await run({ options: { stages, maxVUs: 20 }, takes: () => 400 })
    const dropped = recording.stages.map(({ lanes: [lane] }) => lane?.iterations.dropped ?? 0)
    expect(dropped[0]).toBeGreaterThan(10)
    // 20 users, 400 ms each: 50 of 100 a second.
    expect(dropped[1]).toBeGreaterThan(145)
    expect(dropped[1]).toBeLessThan(155)
    expect(dropped.slice(2)).toEqual([0, 0])
  })

  it('come at random with poisson, as many as without', async () => {
    const { work, recording } = await run({ options: { stages, arrivals: 'poisson', seed: 3 }, takes: () => 1 })
    expect(work.begun).toHaveLength(450)
    const counts = recording.stages.map(({ lanes: [lane] }) => lane?.iterations.scheduled ?? 0)
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(450)
    expect(counts[1]).toBeGreaterThan(250)
    expect(counts[1]).toBeLessThan(350)
    expect(counts[2]).toBe(0)
    const gaps = work.begun.slice(1).map(({ planned }, index) => planned - (work.begun[index]?.planned ?? 0))
    expect(new Set(gaps.map((gap) => gap.toFixed(3))).size).toBeGreaterThan(400)
  })

  /** What run.stage() of such a run is. */
  const stageOf = (recording: Recording, stages: readonly Stage[], name: string, asked: object = {}) =>
    Run.from({
      ...buildRunData({ asked: { rate: 1 } }),
      ...recording,
      asked: { ...asked, stages: askedOf(stages) },
    } as unknown as RunData).stage(name)

  it('are sustained by a target that keeps up, whatever it takes', async () => {
    const steps = [60, 120].map((rate) => ({ from: rate, rate, duration: 1500, name: `${rate}` }))
    const { recording } = await run({ options: { stages: steps }, takes: (i) => [100, 300, 500][i % 3] as number })
    for (const rate of [60, 120]) {
      expect(stageOf(recording, steps, `${rate}`).throughput).toBeLessThan(rate * 0.95 + (rate > 60 ? 10 : 0))
      expect(stageOf(recording, steps, `${rate}`).sustained).toBeGreaterThan(rate * 0.99)
      expect(stageOf(recording, steps, `${rate}`).sustained).toBeLessThan(rate * 1.01)
    }
  })

  it('are not sustained by what the stage before had left', async () => {
    const steps = [
      { from: 100, rate: 100, duration: 1000, name: 'one' },
      { from: 20, rate: 20, duration: 2000, name: 'two' },
    ]
    // The first hundred take all users for a while; in 'two' some are dropped.
    const { recording } = await run({ options: { stages: steps, maxVUs: 100 }, takes: (i) => (i < 100 ? 1500 : 0) })
    const two = stageOf(recording, steps, 'two')
    expect(two.iterations.dropped).toBeGreaterThan(5)
    expect(two.throughput).toBeGreaterThan(50)
    expect(two.sustained).toBeLessThan(19)
  })

  it('are not sustained by a target at half the rate', async () => {
    const steps = [{ from: 100, rate: 100, duration: 2000, name: 'all' }]
    let free = 0
    const takes = (_: number, sent: number) => {
      free = Math.max(free, sent) + 20
      return free - sent
    }
    const { recording } = await run({ options: { stages: steps }, takes })
    expect(stageOf(recording, steps, 'all').sustained).toBeLessThan(80)
  })

  it('at random are held to what came', async () => {
    const steps = [50, 100].map((rate) => ({ from: rate, rate, duration: 1000, name: `${rate}` }))
    const { recording } = await run({ options: { stages: steps, arrivals: 'poisson' }, takes: () => 1 })
    const due = recording.stages.map(({ lanes: [lane] }) => lane?.iterations.scheduled)
    expect(due).not.toEqual([50, 100])
    expect(stageOf(recording, steps, '50', { arrivals: 'poisson' }).sustained).toBeCloseTo(50, 6)
    expect(stageOf(recording, steps, '100', { arrivals: 'poisson' }).sustained).toBeCloseTo(100, 6)
  })

  it('know how late their own iterations were sent', async () => {
    const steps = ['calm', 'late', 'after'].map((name) => ({ from: 100, rate: 100, duration: 1000, name }))
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: () => 0 })
    const frozen = (from: number, until: number): Clock => ({
      now: () => clock.now(),
      every: (interval, callback) =>
        clock.every(interval, () => (clock.now() > from && clock.now() < until) || callback()),
      soon: (callback) => clock.soon(callback),
    })
    const outcome = runDriver({
      drive: (context) => pace({ ...context, clock: frozen(1200, 1300) }, work),
      target: () => {},
      options: { stages: steps, warmup: 0 },
      clock,
    })
    clock.advance(10_000)
    const { recording } = await outcome
    expect(stageOf(recording, steps, 'calm').lag.max).toBeLessThanOrEqual(1)
    expect(stageOf(recording, steps, 'late').lag.max).toBeGreaterThan(80)
    expect(stageOf(recording, steps, 'after').lag.max).toBeLessThanOrEqual(1)
  })
})

function askedOf(stages: readonly Stage[]) {
  return stages.map(({ name = '', rate = 0, from = 0 }) => ({ name, from, rate, duration: 1000 }))
}
