// The real time.
import { performance } from 'node:perf_hooks'
import { clearInterval, setImmediate, setInterval } from 'node:timers'
import type { Clock } from '../core/clock.ts'

export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  every: (interval: number, callback: () => void) => {
    const timer = setInterval(callback, interval)
    return () => clearInterval(timer)
  },
  soon: (callback: () => void) => {
    setImmediate(callback)
  },
})
