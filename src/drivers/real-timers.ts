// Lets packages, which look timers up among the globals, find the real ones while a test has replaced them.
import * as timers from 'node:timers'

const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = timers
const real = { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate }

/** @param work what it does later, in a callback, finds the globals as they are then */
export function withRealTimers<Result>(work: () => Result): Result {
  const found = Object.fromEntries(Object.keys(real).map((name) => [name, Reflect.get(globalThis, name)]))
  Object.assign(globalThis, real)
  try {
    return work()
  } finally {
    Object.assign(globalThis, found)
  }
}
