// Open pacing: iterations begin when they are due, whether or not earlier ones have ended.
import type { Amount } from '../core/amount.ts'
import { type Arrivals, planArrivals, shareOf } from '../core/schedule.ts'
import type { DriverContext } from './driver.ts'
import { longestTurn, type Pacing } from './pacing.ts'
import { UserPool, type Work } from './user-pool.ts'
import type { VirtualUser } from './virtual-user.ts'

/**
 * A connection costs many times what a request does. A generator that is late opens so many in a tick and no more: its
 * users that are about to be free can run what is late already, while a storm of connections would make it later still.
 */
const mostNewWhenLate = 4

/**
 * Every tick begins all that has become due on the absolute grid since the last one, so that nothing drifts and nothing
 * is lost to a late tick. A generator with much to catch up lets answers in between: their users can go again, where
 * each late iteration would otherwise need a user more. Users are made on demand, the one freed last comes first; when
 * `maxVUs` of them are busy, what is due is dropped.
 */
export class ArrivalPacing implements Pacing {
  readonly pool: UserPool
  readonly spentAt = undefined
  readonly #start: number
  readonly #arrivals: Arrivals
  readonly #maxVUs: number
  readonly #free: VirtualUser[] = []
  /** So many more users until the next tick, when late. */
  #mayGrow = 0
  #stopped = false

  constructor(context: DriverContext, work: Work, { maxVUs, spacing }: Extract<Amount, { kind: 'rate' }>) {
    const { plan, shard, recorder } = context
    this.pool = new UserPool(context, work, (user) => this.#free.push(user))
    this.#start = recorder.start
    this.#arrivals = planArrivals({ stages: plan.stages, warmup: plan.warmup, shard, spacing, seed: plan.seed })
    this.#maxVUs = shareOf(shard, maxVUs)
  }

  tick(now: number, isLast: boolean): boolean {
    this.#mayGrow = isLast ? Number.POSITIVE_INFINITY : mostNewWhenLate
    return this.#begin(now, isLast)
  }

  goOn(now: number): boolean {
    return this.#begin(now, false)
  }

  #begin(now: number, isLast: boolean): boolean {
    const arrivals = this.#arrivals
    let count = 0
    while (!this.#stopped) {
      const planned = this.#start + arrivals.plannedAt
      if (planned > now) return false
      if (now - planned > longestTurn && this.#free.length === 0 && this.#mayGrow-- <= 0) return count > 0
      const { iteration } = arrivals
      arrivals.advance()
      const sent = this.#arrive(iteration, planned, now)
      count++
      if (!isLast && sent - now > longestTurn) return true
    }
    return false
  }

  stop(): void {
    this.#stopped = true
  }

  /** Returns when the iteration began; one that is dropped takes no time. */
  #arrive(iteration: number, planned: number, now: number): number {
    const user = this.#free.pop() ?? (this.pool.size < this.#maxVUs ? this.pool.grow() : undefined)
    if (user) this.pool.begin(user, iteration, planned)
    else this.pool.drop(iteration, planned, now)
    return user?.sent ?? 0
  }
}
