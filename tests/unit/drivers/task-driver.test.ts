// Functions as iterations, in virtual time: results, checks, time-outs and the signal.
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { Task, TaskContext } from '../../../src/core/target.ts'
import { driveTask } from '../../../src/drivers/task-driver.ts'
import { runDriver } from '../../support/driver-run.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const never = () => new Promise<void>(() => {})

async function run(options: LoadOptions, task: Task, clock = new VirtualClock(), signal?: AbortSignal) {
  const outcome = runDriver({
    drive: driveTask,
    target: task,
    options: { warmup: 0, ...options },
    clock,
    ...(signal ? { signal } : {}),
  })
  await clock.pass(10_000)
  return outcome
}

const sleep = (clock: VirtualClock, ms: number) => new Promise<void>((resolve) => clock.at(clock.now() + ms, resolve))

describe('a function', () => {
  it('is called with iteration and user, and is ok when it returns, resolves, or resolves like a promise', async () => {
    const clock = new VirtualClock()
    const seen: [number, number][] = []
    const { iterations } = await run(
      { rate: 10, duration: 600 },
      ({ iteration, vu }) => {
        seen.push([iteration, vu])
        if (iteration % 3 === 0) return sleep(clock, 150)
        if (iteration % 3 === 1) return 'a value'
        // biome-ignore lint/suspicious/noThenProperty: query builders are such objects
        return { then: (done: () => void) => done() }
      },
      clock,
    )
    expect(iterations).toMatchObject({ scheduled: 6, ok: 6 })
    expect(seen).toEqual([
      [0, 0],
      [1, 1],
      [2, 0],
      [3, 0],
      [4, 1],
      [5, 0],
    ])
  })

  it('that throws or rejects has failed, with the first message and without its secrets', async () => {
    const { iterations, errors, latency } = await run({ rate: 10, duration: 1000 }, ({ iteration }) => {
      if (iteration === 2) throw new TypeError('no row for token=abc123')
      if (iteration === 5) return Promise.reject('just a text')
      return undefined
    })
    expect(iterations).toMatchObject({ scheduled: 10, ok: 8, failed: 2 })
    expect(latency.count).toBe(8)
    expect(errors).toMatchObject([{ kind: 'thrown', count: 2 }])
    expect(errors[0]?.example).toMatch(/threw TypeError: no row for token=/)
    expect(errors[0]?.example).not.toContain('abc123')
  })

  it('counts checks of the measured time, and a check that fails does not fail the iteration', async () => {
    const { iterations, recording } = await run({ rate: 10, duration: 1000, warmup: 500 }, ({ iteration, check }) => {
      check('is even', iteration % 2 === 0)
    })
    expect(iterations.ok).toBe(10)
    expect(recording.warmup[0]?.iterations.ok).toBe(5)
    expect(recording.checks).toEqual([{ name: 'is even', passed: 5, failed: 5 }])
  })

  it.each([
    [async () => false, "check('is ok'): expected true or false, got a promise: await it"],
    [() => Promise.reject(new Error('nobody waits for this')), 'got a promise: await it'],
    [() => 'no', "got 'no': compare it to get a boolean"],
    [() => undefined, 'got undefined: compare it to get a boolean'],
  ])('fails when a check says neither true nor false: %s', async (hold, text) => {
    const { iterations, errors, recording } = await run({ rate: 10, duration: 200 }, ({ check }) => {
      check('is ok', hold() as never)
    })
    expect(iterations).toMatchObject({ scheduled: 2, failed: 2 })
    expect(errors).toMatchObject([{ kind: 'thrown', count: 2 }])
    expect(errors[0]?.example).toContain('threw LoadTestError: check(')
    expect(errors[0]?.example).toContain(text)
    expect(recording.checks).toEqual([])
  })

  it.each([{ rate: 1000 }, { vus: 3 }])(
    'that never leaves the microtask queue lets others run: %o',
    async (howMuch) => {
      const clock = new VirtualClock({ readingTakes: 0.01 })
      let turns = 0
      const counting = clock.every(1, () => turns++)
      const { iterations } = await run({ ...howMuch, duration: 100 }, async () => {}, clock)
      counting()
      expect(iterations.ok).toBe(iterations.scheduled)
      expect(iterations.ok).toBeGreaterThanOrEqual(100)
      // At least one turn every 5 ms or so.
      expect(turns).toBeGreaterThan(15)
    },
  )
})

describe('the time-out of a function', () => {
  it('aborts its signal, and what it does later counts no more', async () => {
    const clock = new VirtualClock()
    const reasons: unknown[] = []
    const { iterations, errors, recording, balanced } = await run(
      { rate: 10, duration: 1000, timeout: 200 },
      async ({ iteration, signal, check }) => {
        signal.addEventListener('abort', () => reasons.push(signal.reason))
        if (iteration !== 4) return
        await sleep(clock, 500)
        check('too late', true)
        throw new Error('too late')
      },
      clock,
    )
    expect(iterations).toMatchObject({ scheduled: 10, ok: 9, timedOut: 1, failed: 0 })
    expect(errors).toMatchObject([{ kind: 'timeout', count: 1 }])
    expect(reasons).toMatchObject([{ name: 'LoadTestError', code: 'deadline-passed' }])
    expect(recording.checks).toEqual([])
    expect(balanced).toBe(true)
  })

  it('frees its virtual user at once, so that functions that never come back do not use up maxVUs', async () => {
    const open = await run({ rate: 10, duration: 2000, timeout: 150, maxVUs: 2 }, never)
    expect(open.iterations).toMatchObject({ scheduled: 20, timedOut: 20, dropped: 0 })
    const closed = await run({ vus: 2, duration: 2000, timeout: 150 }, never)
    expect(closed.iterations.timedOut).toBe(closed.iterations.scheduled)
    expect(closed.iterations.scheduled).toBeGreaterThanOrEqual(24)
  })

  it('is none unless given', async () => {
    const { iterations } = await run({ vus: 1, duration: 2000, gracefulStop: 3000 }, never)
    expect(iterations).toMatchObject({ scheduled: 1, unfinished: 1, timedOut: 0 })
  })
})

describe('the signal of a function', () => {
  it('is aborted at the end of the graceful stop, even when it is first asked for afterwards', async () => {
    const contexts: TaskContext[] = []
    const early: AbortSignal[] = []
    const { iterations } = await run({ rate: 10, duration: 200, gracefulStop: 100 }, (context) => {
      contexts.push(context)
      if (context.iteration === 0) early.push(context.signal)
      return never()
    })
    expect(iterations).toMatchObject({ scheduled: 2, unfinished: 2 })
    expect(early[0]).toMatchObject({ aborted: true, reason: { code: 'aborted' } })
    expect(contexts[1]?.signal).toMatchObject({ aborted: true, reason: { code: 'aborted' } })
  })

  it('is aborted when the run is, and never after its iteration has ended', async () => {
    const abort = new AbortController()
    const clock = new VirtualClock()
    const signals: AbortSignal[] = []
    clock.at(150, () => abort.abort())
    const { iterations } = await run(
      { rate: 10, duration: '1h' },
      ({ iteration, signal }) => {
        signals.push(signal)
        return iteration === 0 ? undefined : never()
      },
      clock,
      abort.signal,
    )
    await eventLoopTurn()
    expect(iterations).toMatchObject({ scheduled: 2, ok: 1, unfinished: 1 })
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
  })
})
