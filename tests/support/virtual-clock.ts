// A clock that stands still until a test moves it: every timer fires exactly when it is due.
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../src/core/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

export class VirtualClock implements Clock {
  #now = 0
  /** In order of time; among equals in order of making. */
  readonly #timers: Timer[] = []
  #soon: (() => void)[] = []
  readonly #readingTakes: number

  /** @param options.readingTakes ms that pass whenever somebody reads the clock: then even work that never waits takes time */
  constructor({ readingTakes = 0 } = {}) {
    this.#readingTakes = readingTakes
  }

  now(): number {
    this.#now += this.#readingTakes
    return this.#now
  }

  every(interval: number, callback: () => void): () => void {
    let ended = false
    let at = this.#now
    const again = () => {
      // Like a real one, a timer that is late does not fire several times at once.
      at = Math.max(at + interval, this.#now)
      this.at(at, () => {
        if (ended) return
        callback()
        again()
      })
    }
    again()
    return () => {
      ended = true
    }
  }

  soon(callback: () => void): void {
    this.#soon.push(callback)
  }

  at(time: number, callback: () => void): void {
    let place = this.#timers.length
    while (place > 0 && (this.#timers[place - 1] as Timer).at > time) place--
    this.#timers.splice(place, 0, { at: time, callback })
  }

  /** Moves the time forward through everything that falls due; for code that needs no promises on its way. */
  advance(ms: number): void {
    const until = this.#now + ms
    while (this.#step(until));
  }

  /** The same, and all promises settle after every step. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms
    do await setImmediate()
    while (this.#step(until))
  }

  #step(until: number): boolean {
    if (this.#soon.length > 0) {
      const callbacks = this.#soon
      this.#soon = []
      for (const callback of callbacks) callback()
      return true
    }
    const next = this.#timers[0]
    if (!next || next.at > until) {
      this.#now = Math.max(this.#now, until)
      return false
    }
    this.#timers.shift()
    this.#now = Math.max(this.#now, next.at)
    next.callback()
    return true
  }
}
