// How a run ends, in virtual time: drained, given up, timed out, aborted, or by a fault of the generator.
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { Recorder } from '../../../src/core/recorder.ts'
import { pace } from '../../../src/drivers/pace.ts'
import { runDriver } from '../../support/driver-run.ts'
import { ScriptedWork } from '../../support/scripted-work.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const never = () => Number.POSITIVE_INFINITY

function start(options: LoadOptions, takes: (iteration: number, sent: number) => number | string) {
  const clock = new VirtualClock()
  const work = new ScriptedWork({ clock, takes })
  const abort = new AbortController()
  let ended: number | undefined
  let recorder: Recorder | undefined
  const outcome = runDriver({
    drive: async (context) => {
      recorder = context.recorder
      await pace(context, work)
      ended = clock.now()
    },
    target: () => {},
    options: { warmup: 0, ...options },
    clock,
    signal: abort.signal,
  })
  return { clock, work, abort, outcome, ended: () => ended, recorder: () => recorder as Recorder }
}

describe('the end of a run', () => {
  it.each([{ rate: 100 }, { vus: 2 }])('may be brought forward: %o', async (howMuch) => {
    const { clock, recorder, outcome, ended } = start({ ...howMuch, duration: 5000 }, () => 50)
    await clock.pass(2000)
    recorder().endsBy = clock.now()
    await clock.pass(1000)
    const { iterations, recording, balanced } = await outcome
    expect(recording.duration).toBe(2000)
    expect(iterations.ok).toBe(iterations.scheduled)
    expect(balanced).toBe(true)
    expect(ended()).toBeLessThanOrEqual(2052)
  })

  it('comes at once when nothing is under way', async () => {
    const { clock, outcome, ended } = start({ rate: 100, duration: 1000 }, () => 5)
    await clock.pass(2000)
    await outcome
    expect(ended()).toBe(1000)
  })

  it.each([{ rate: 100, maxVUs: 1000 }, { vus: 1 }])('waits for what is under way: %o', async (howMuch) => {
    const { clock, outcome, ended } = start({ ...howMuch, duration: 1000, gracefulStop: 700 }, (_, sent) => {
      return sent >= 950 ? 600 : 50
    })
    await clock.pass(3000)
    const { iterations, recording, balanced } = await outcome
    expect(iterations.unfinished).toBe(0)
    expect(iterations.ok).toBe(iterations.scheduled)
    expect(recording.lanes[0]?.okInTime).toBeLessThan(iterations.ok)
    expect(recording.duration).toBe(1000)
    expect(balanced).toBe(true)
    expect(ended()).toBe(howMuch.vus ? 1550 : 1590)
  })

  it('gives up what takes longer than the graceful stop, with its age as the least it took', async () => {
    const { clock, work, outcome, ended } = start({ rate: 10, duration: 1000, gracefulStop: 500 }, (iteration) =>
      iteration >= 7 ? Number.POSITIVE_INFINITY : 5,
    )
    await clock.pass(3000)
    const { iterations, latency, recording } = await outcome
    expect(iterations).toMatchObject({ scheduled: 10, ok: 7, unfinished: 3, failed: 0 })
    expect(ended()).toBe(1500)
    expect(recording.duration).toBe(1000)
    expect([latency.censored, latency.max]).toEqual([3, 800])
    expect(work.givenUp.filter(({ iteration }) => iteration >= 7).length).toBe(3)
  })

  it('is that of the plan when the tick that notices it is late and nothing was left to begin', async () => {
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: () => 0 })
    const outcome = runDriver({
      drive: (context) =>
        pace({ ...context, clock: { ...bound(clock), every: (_, callback) => clock.every(333, callback) } }, work),
      target: () => {},
      options: { rate: 4, duration: 1000, warmup: 0 },
      clock,
    })
    clock.advance(5000)
    const { iterations, recording } = await outcome
    expect(iterations).toMatchObject({ scheduled: 4, ok: 4 })
    expect(recording.duration).toBe(1000)
  })

  it('ends in the last tick: all that was due has begun even when that tick is late', async () => {
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: () => 0 })
    const outcome = runDriver({
      drive: (context) =>
        pace({ ...context, clock: { ...bound(clock), every: (_, callback) => clock.every(777, callback) } }, work),
      target: () => {},
      options: { rate: 100, duration: 1000, warmup: 0 },
      clock,
    })
    clock.advance(5000)
    const { iterations, recording } = await outcome
    expect(iterations).toMatchObject({ scheduled: 100, ok: 100 })
    // Sending went on so long: a rate that was not reached must not look reached.
    expect(recording.duration).toBe(1554)
    expect(recording.lag.max).toBe(774)
  })
})

function bound(clock: VirtualClock) {
  return { now: () => clock.now(), soon: (callback: () => void) => clock.soon(callback) }
}

describe('time-outs', () => {
  it('give an iteration up, count it as timed out, and its late answer not at all (open)', async () => {
    const { clock, work, outcome } = start({ rate: 10, duration: 1000, timeout: 200, gracefulStop: 5000 }, (i) =>
      i === 3 ? 450 : 20,
    )
    await clock.pass(10_000)
    const { iterations, errors, latency, balanced } = await outcome
    expect(iterations).toMatchObject({ scheduled: 10, ok: 9, timedOut: 1, failed: 0, unfinished: 0 })
    expect(errors).toEqual([{ kind: 'timeout', count: 1, example: 'the script took longer than 200 ms' }])
    expect(latency.censored).toBe(1)
    expect(latency.max).toBeGreaterThanOrEqual(200)
    expect(latency.max).toBeLessThanOrEqual(211)
    expect(work.givenUp[0]).toMatchObject({ iteration: 3 })
    expect(balanced).toBe(true)
  })

  it('free the place of a user at once, with the same number, in both models', async () => {
    for (const howMuch of [{ rate: 10, maxVUs: 2 }, { vus: 2 }]) {
      const { clock, work, outcome } = start({ ...howMuch, duration: 2000, timeout: 190, gracefulStop: 5000 }, never)
      await clock.pass(10_000)
      const { iterations, balanced } = await outcome
      expect(iterations.timedOut).toBe(work.begun.length)
      expect(iterations.dropped).toBe(0)
      expect(iterations.timedOut).toBeGreaterThan(18)
      expect(new Set(work.begun.map(({ vu }) => vu))).toEqual(new Set([0, 1]))
      expect(balanced).toBe(true)
    }
  })

  it('do not strike answers that lay ready when the generator was late', async () => {
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: never })
    const answers: (() => void)[] = []
    const outcome = runDriver({
      // A real event loop runs timers, then what has arrived, then what was to come soon.
      drive: (context) => pace({ ...context, clock: { ...bound(clock), every: late } }, answering(work, answers)),
      target: () => {},
      options: { rate: 1, duration: 100, timeout: 50, warmup: 0 },
      clock,
    })
    function late(_: number, callback: () => void) {
      clock.at(90, () => {
        callback()
        for (const answer of answers) answer()
      })
      return clock.every(500, callback)
    }
    clock.advance(5000)
    expect((await outcome).iterations).toMatchObject({ scheduled: 1, ok: 1, timedOut: 0 })
  })

  it('are counted while the run drains', async () => {
    const { clock, outcome, ended } = start(
      { rate: 10, maxVUs: 9, duration: 1000, timeout: 300, gracefulStop: 5000 },
      never,
    )
    await clock.pass(10_000)
    expect((await outcome).iterations).toMatchObject({ scheduled: 10, timedOut: 10 })
    expect(ended()).toBeLessThanOrEqual(1212)
  })
})

/** The same work, whose answers a test gives by hand. */
function answering(work: ScriptedWork, answers: (() => void)[]) {
  return {
    series: () => 0,
    user: (vu: number, pool: Parameters<ScriptedWork['user']>[1]) => {
      const user = work.user(vu, pool)
      answers.push(() => pool.ok(user))
      return user
    },
  }
}

describe('an abort', () => {
  it.each([{ rate: 100 }, { vus: 3 }])('stops at once, what is under way is unfinished: %o', async (howMuch) => {
    const { clock, work, abort, outcome, ended } = start({ ...howMuch, duration: '1h' }, (_, sent) =>
      sent > 400 ? Number.POSITIVE_INFINITY : 30,
    )
    clock.advance(450)
    const begun = work.begun.length
    abort.abort()
    await clock.pass(10_000)
    const { iterations, recording, balanced } = await outcome
    expect(ended()).toBe(450)
    expect(recording.duration).toBe(450)
    expect(work.begun.length).toBe(begun)
    expect(iterations.scheduled).toBe(begun)
    expect(iterations.unfinished).toBe('rate' in howMuch ? 5 : 3)
    expect(work.givenUp.length).toBe(work.users)
    expect(balanced).toBe(true)
  })

  it('before the run sends nothing', async () => {
    const abort = new AbortController()
    abort.abort()
    const clock = new VirtualClock()
    const work = new ScriptedWork({ clock, takes: () => 1 })
    const { iterations } = await runDriver({
      drive: (context) => pace(context, work),
      target: () => {},
      options: { rate: 100, duration: 1000 },
      clock,
      signal: abort.signal,
    })
    expect(iterations.scheduled).toBe(0)
    expect(work.users).toBe(0)
  })

  it('while draining does not wait any longer', async () => {
    const { clock, abort, outcome, ended } = start({ rate: 10, duration: 1000, gracefulStop: '1m' }, never)
    clock.advance(2000)
    abort.abort()
    await clock.pass(1)
    expect((await outcome).iterations).toMatchObject({ scheduled: 10, unfinished: 10 })
    expect(ended()).toBe(2000)
  })
})

describe('a fault of the generator itself', () => {
  it('rejects, nothing goes on ticking, and nobody holds anything', async () => {
    const clock = new VirtualClock()
    const work = new ScriptedWork({
      clock,
      takes: (iteration) => {
        if (iteration === 3) throw new RangeError('a bug')
        return 1
      },
    })
    const outcome = runDriver({
      drive: (context) => pace(context, work),
      target: () => {},
      options: { rate: 10, duration: 1000 },
      clock,
    })
    clock.advance(5000)
    await expect(outcome).rejects.toThrow('a bug')
    expect(work.begun.length).toBe(4)
    expect(work.givenUp.length).toBe(work.users)
  })
})
