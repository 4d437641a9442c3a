// Virtual users that wait before their next iteration, by the millisecond at which they wake.
import type { VirtualUser } from './virtual-user.ts'

/** Never wakes anyone early: times are rounded up to whole ms. */
export class RestingUsers {
  readonly #byTime = new Map<number, VirtualUser[]>()
  #next: number

  /** @param now ms on the caller's clock */
  constructor(now: number) {
    this.#next = Math.ceil(now)
  }

  add(user: VirtualUser, until: number): void {
    const time = Math.max(this.#next, Math.ceil(until))
    const users = this.#byTime.get(time)
    if (users) users.push(user)
    else this.#byTime.set(time, [user])
  }

  /** Calls back for everyone whose time has come, the earliest first. */
  wake(now: number, awake: (user: VirtualUser) => void): void {
    if (this.#byTime.size === 0) this.#next = Math.max(this.#next, Math.ceil(now))
    for (; this.#next <= now; this.#next++) {
      const users = this.#byTime.get(this.#next)
      if (!users) continue
      this.#byTime.delete(this.#next)
      users.forEach(awake)
    }
  }

  all(): VirtualUser[] {
    return [...this.#byTime.values()].flat()
  }
}
