// Closed pacing: so many users, each beginning its next iteration when its last has ended.
import type { Clock } from '../core/clock.ts'
import type { Shard } from '../core/schedule.ts'
import { shareOf } from '../core/schedule.ts'
import type { DriverContext } from './driver.ts'
import { longestTurn, type Pacing } from './pacing.ts'
import { UserPool, type Work } from './user-pool.ts'
import type { VirtualUser } from './virtual-user.ts'

export class VirtualUserPacing implements Pacing {
  readonly pool: UserPool
  readonly #clock: Clock
  readonly #shard: Shard
  readonly #end: number
  /** First come, first served: users whose iterations never wait take turns. */
  readonly #ready: VirtualUser[] = []
  #resting: { readonly user: VirtualUser; readonly until: number }[] = []
  #begun = 0
  #now: number
  /** When the event loop last had its turn. */
  #turn: number
  #beginning = false
  #yielding = false
  #stopped = false

  constructor(context: DriverContext, work: Work, { vus }: { vus: number }) {
    const { plan, recorder, clock, shard } = context
    this.pool = new UserPool(context, work, (user, now) => this.#release(user, now))
    this.#clock = clock
    this.#shard = shard
    this.#end = recorder.start + plan.duration
    this.#now = this.#turn = clock.now()
    for (let left = shareOf(shard, vus); left > 0; left--) this.#ready.push(this.pool.grow())
  }

  tick(now: number): void {
    this.#turn = now
    if (this.#resting.length > 0) this.#wake(now)
    this.#beginReady(now)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Hot path. */
  #release(user: VirtualUser, now: number): void {
    if (user.rest > 0) {
      this.#resting.push({ user, until: now + user.rest })
    } else {
      this.#ready.push(user)
      this.#beginReady(now)
    }
  }

  #wake(now: number): void {
    const resting = this.#resting
    this.#resting = resting.filter(({ until }) => until > now)
    for (const { user, until } of resting) if (until <= now) this.#ready.push(user)
  }

  #beginReady(now: number): void {
    this.#now = now
    // An iteration that ends before its begin returns comes back here: the loop under way goes on with its user.
    if (this.#beginning) return
    this.#beginning = true
    while (this.#ready.length > 0 && !this.#stopped && this.#now < this.#end) {
      if (this.#now - this.#turn > longestTurn) {
        this.#yield()
        break
      }
      const iteration = this.#shard.index + this.#begun++ * this.#shard.of
      this.pool.begin(this.#ready.shift() as VirtualUser, iteration, this.#now)
    }
    this.#beginning = false
  }

  #yield(): void {
    if (this.#yielding) return
    this.#yielding = true
    this.#clock.soon(() => {
      this.#yielding = false
      this.#turn = this.#clock.now()
      this.#beginReady(this.#turn)
    })
  }
}
