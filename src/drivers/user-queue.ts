// Virtual users in the order in which they came: a queue whose two ends cost the same, however long it is.
import type { VirtualUser } from './virtual-user.ts'

/** So many used-up places are kept before the rest moves up. */
const mostUsedUp = 1024

export class UserQueue {
  readonly #users: (VirtualUser | undefined)[] = []
  #first = 0

  push(user: VirtualUser): void {
    this.#users.push(user)
  }

  shift(): VirtualUser | undefined {
    const user = this.#users[this.#first]
    if (!user) return undefined
    this.#users[this.#first++] = undefined
    if (this.#first === this.#users.length || (this.#first > mostUsedUp && this.#first * 2 > this.#users.length)) {
      this.#users.splice(0, this.#first)
      this.#first = 0
    }
    return user
  }
}
