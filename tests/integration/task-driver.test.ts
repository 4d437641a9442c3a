// Functions as iterations, in real time.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../src/core/load-options.ts'
import type { Task } from '../../src/core/target.ts'
import { driveTask } from '../../src/drivers/task-driver.ts'
import { runDriver } from '../support/driver-run.ts'

const load = (task: Task, options: LoadOptions) =>
  runDriver({ drive: driveTask, target: task, options: { warmup: 0, ...options } })

describe('a function in real time', () => {
  it.concurrent('is called at the rate that was asked for, however long it takes', async () => {
    const { iterations, latency, serviceTime, recording } = await load(() => sleep(80), { rate: 200, duration: 1000 })
    expect(iterations).toMatchObject({ scheduled: 200, ok: 200, dropped: 0 })
    expect(serviceTime.min).toBeGreaterThan(78)
    expect(latency.p50).toBeLessThan(1000)
    expect(recording.lag.count).toBe(200)
    expect(recording.duration).toBeGreaterThan(999)
  })

  it.concurrent('is called by each user as soon as its last call has ended', async () => {
    let running = 0
    let most = 0
    const { iterations, latency } = await load(
      async () => {
        most = Math.max(most, ++running)
        await sleep(20)
        running--
      },
      { vus: 5, duration: 600 },
    )
    expect(most).toBe(5)
    expect(iterations.ok).toBe(iterations.scheduled)
    expect(iterations.ok).toBeGreaterThan(50)
    expect(iterations.ok).toBeLessThanOrEqual(5 * 31)
    expect(latency.min).toBeGreaterThan(18)
  })

  it.concurrent('is told by its signal when it is given up', async () => {
    const told: string[] = []
    const task: Task = ({ signal }) =>
      sleep(5000, undefined, { signal }).catch(() => {
        told.push((signal.reason as { code: string }).code)
      })
    const howMuch = { rate: 20, maxVUs: 10, duration: 500 }
    const timedOut = await load(task, { ...howMuch, timeout: 100, gracefulStop: 5000 })
    expect(timedOut.iterations).toMatchObject({ scheduled: 10, timedOut: 10 })
    const unfinished = await load(task, { ...howMuch, gracefulStop: 50 })
    expect(unfinished.iterations).toMatchObject({ scheduled: 10, unfinished: 10 })
    await sleep(10)
    expect(told).toEqual([...Array(10).fill('deadline-passed'), ...Array(10).fill('aborted')])
  })
})

describe('a function that never waits', () => {
  it('leaves the event loop its turns, and the run its end', async () => {
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    const begin = performance.now()
    const { iterations, balanced } = await load(async () => {}, { vus: 3, duration: 300 })
    const took = performance.now() - begin
    delay.disable()
    expect(balanced).toBe(true)
    expect(iterations.ok).toBe(iterations.scheduled)
    expect(iterations.ok).toBeGreaterThan(10_000)
    expect(took).toBeLessThan(5000)
    // Turns of 5 ms, seen on a machine that may be busy with something else.
    expect(delay.percentile(50) / 1e6).toBeLessThan(200)
  })
})
