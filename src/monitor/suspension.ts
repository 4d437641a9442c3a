// Notices that the machine or this process was suspended: a closed lid, a paused virtual machine, a stop signal.
import { uptime } from 'node:os'
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import type { Suspensions } from '../core/usage.ts'
import { openThreadTime } from './thread-time.ts'

/** How often the clocks are read, ms. */
const interval = 100
/** A shorter standstill is a slow machine, not a suspended one. */
const shortest = 1000

/** Three clocks at one moment, in ms. */
export interface Instant {
  /** Monotonic. Whether it goes on while the machine sleeps is up to the platform. */
  readonly at: number
  /** How long the thread has run, or wanted to. */
  readonly busy: number
  /** Since the machine was started, asleep or not. On Linux a boot clock: setting the time of day does not move it. */
  readonly uptime: number
}

export interface Clocks {
  read(): Instant
  close(): void
}

export interface SuspensionWatch {
  /** Those that were not over at the measured start. A later call finds no more. */
  finish(): Suspensions
}

/**
 * How long a thread that wanted to wake after `interval` was suspended between two readings, at least; 0 when it was not.
 *
 * Either the monotonic clock went on and the thread did not want to run, unlike one that is blocked by work, or that clock
 * stood still itself.
 * Uptime may be in whole seconds: by that alone two readings differ by less than one.
 */
export function suspendedBetween(before: Instant, now: Instant): number {
  const passed = now.at - before.at
  const idle = passed - (now.busy - before.busy) - interval
  const slept = now.uptime - before.uptime - passed
  const longest = Math.max(idle, slept)
  return longest > shortest ? longest : 0
}

/** @param measuredStart in ms of `performance.now()` */
export function watchSuspensions(measuredStart: number, clocks: Clocks = systemClocks()): SuspensionWatch {
  let last = clocks.read()
  let [count, total, first] = [0, 0, 0]
  let isOver = false
  const look = () => {
    const before = last
    last = clocks.read()
    const suspended = suspendedBetween(before, last)
    if (suspended === 0 || last.at <= measuredStart) return
    if (count === 0) first = Math.max(0, before.at - measuredStart)
    count++
    total += suspended
  }
  const timer = setInterval(look, interval)
  timer.unref()
  return {
    finish() {
      if (!isOver) {
        isOver = true
        clearInterval(timer)
        // What wakes first after a suspension may be what ends the run.
        look()
        clocks.close()
      }
      return { count, total, first }
    },
  }
}

function systemClocks(): Clocks {
  const thread = openThreadTime()
  return {
    read: () => ({ at: performance.now(), busy: thread.read(), uptime: uptime() * 1000 }),
    close: thread.close,
  }
}
