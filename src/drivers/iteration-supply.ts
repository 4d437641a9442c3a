// Which iterations the users of a closed run begin: endlessly many, or so many of them.
import type { Quota } from '../core/amount.ts'
import type { Shard } from '../core/schedule.ts'
import { shareOf } from '../core/schedule.ts'
import type { VirtualUser } from './virtual-user.ts'

export interface IterationSupply {
  /** Every iteration of a fixed amount has been begun and has ended. */
  readonly isSpent: boolean
  /** Hot path. The number of the iteration that this user begins; undefined when there is none for it now. */
  take(user: VirtualUser, isMeasured: boolean): number | undefined
  /** Hot path. An iteration that was taken has ended; true when there is work again for users that got none. */
  ended(user: VirtualUser): boolean
}

interface SupplyContext {
  readonly shard: Shard
  /** Of all shards. */
  readonly vus: number
  readonly quota: Quota | undefined
}

/** Iterations are numbered through warm-up and measured time; those of the warm-up are in no quota. */
export function supplyIterations({ shard, vus, quota }: SupplyContext): IterationSupply {
  let begun = 0
  const next = () => shard.index + begun++ * shard.of
  if (!quota) return { isSpent: false, take: next, ended: () => false }
  if (quota.kind === 'per-vu') {
    return new FixedSupply(next, { total: shareOf(shard, vus) * quota.iterations, each: quota.iterations })
  }
  const total = shareOf(shard, quota.iterations)
  return new FixedSupply(next, { total, ...(quota.batch === undefined ? {} : { batch: quota.batch }) })
}

interface FixedAmount {
  readonly total: number
  /** Of each user. */
  readonly each?: number
  /** So many are begun before all of them have ended. */
  readonly batch?: number
}

class FixedSupply implements IterationSupply {
  readonly #next: () => number
  readonly #each: number
  readonly #batch: number
  readonly #takenBy = new Map<number, number>()
  #left: number
  #leftOfBatch: number
  #underWay = 0

  constructor(next: () => number, { total, each, batch }: FixedAmount) {
    this.#next = next
    this.#left = total
    this.#each = each ?? Number.POSITIVE_INFINITY
    this.#batch = batch ?? Number.POSITIVE_INFINITY
    this.#leftOfBatch = this.#batch
  }

  get isSpent(): boolean {
    return this.#left === 0 && this.#underWay === 0
  }

  take({ vu }: VirtualUser, isMeasured: boolean): number | undefined {
    if (isMeasured) {
      const taken = this.#takenBy.get(vu) ?? 0
      if (this.#left === 0 || this.#leftOfBatch === 0 || taken === this.#each) return undefined
      this.#left--
      this.#leftOfBatch--
      this.#underWay++
      this.#takenBy.set(vu, taken + 1)
    }
    return this.#next()
  }

  ended({ isMeasured }: VirtualUser): boolean {
    if (!isMeasured) return false
    this.#underWay--
    if (this.#underWay > 0 || this.#leftOfBatch > 0) return false
    this.#leftOfBatch = this.#batch
    return this.#left > 0
  }
}
