// Open pacing: iterations begin when they are due, whether or not earlier ones have ended.
import { type Arrivals, constantArrivals, shareOf } from '../core/schedule.ts'
import type { DriverContext } from './driver.ts'
import { longestTurn, type Pacing } from './pacing.ts'
import { UserPool, type Work } from './user-pool.ts'
import type { VirtualUser } from './virtual-user.ts'

/**
 * Every tick begins all that has become due on the absolute grid since the last one, so that nothing drifts and nothing
 * is lost to a late tick. A generator with much to catch up lets answers in between: their users can go again, where
 * each late iteration would otherwise need a user more. Users are made on demand, the one freed last comes first; when
 * `maxVUs` of them are busy, what is due is dropped.
 */
export class ArrivalPacing implements Pacing {
  readonly pool: UserPool
  readonly #start: number
  readonly #arrivals: Arrivals
  readonly #maxVUs: number
  readonly #free: VirtualUser[] = []
  #next = 0

  constructor(context: DriverContext, work: Work, { rate, maxVUs }: { rate: number; maxVUs: number }) {
    const { plan, shard, recorder } = context
    this.pool = new UserPool(context, work, (user) => this.#free.push(user))
    this.#start = recorder.start
    this.#arrivals = constantArrivals({ rate, duration: plan.duration, warmup: plan.warmup, shard })
    this.#maxVUs = shareOf(shard, maxVUs)
  }

  tick(now: number, isLast: boolean): void {
    while (this.#next < this.#arrivals.total) {
      const planned = this.#start + this.#arrivals.plannedAt(this.#next)
      if (planned > now) return
      const sent = this.#arrive(this.#arrivals.iteration(this.#next++), planned, now)
      if (!isLast && sent - now > longestTurn) return
    }
  }

  stop(): void {
    this.#next = this.#arrivals.total
  }

  /** Returns when the iteration began; one that is dropped takes no time. */
  #arrive(iteration: number, planned: number, now: number): number {
    const user = this.#free.pop() ?? (this.pool.size < this.#maxVUs ? this.pool.grow() : undefined)
    if (user) this.pool.begin(user, iteration, planned)
    else this.pool.drop(iteration, planned, now)
    return user?.sent ?? 0
  }
}
