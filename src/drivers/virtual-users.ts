// Closed pacing: so many users at a time, each beginning its next iteration when its last has ended.
import type { Amount } from '../core/amount.ts'
import { seededRandom } from '../core/random.ts'
import { shareOf } from '../core/schedule.ts'
import { levelAt, peakLevel } from '../core/stage.ts'
import type { DriverContext } from './driver.ts'
import { type IterationSupply, supplyIterations } from './iteration-supply.ts'
import { longestTurn, type Pacing } from './pacing.ts'
import { RestingUsers } from './resting-users.ts'
import { UserPool, type Work } from './user-pool.ts'
import { UserQueue } from './user-queue.ts'
import type { VirtualUser } from './virtual-user.ts'

type UserLoad = Extract<Amount, { kind: 'vus' }>

/**
 * The users with the lowest numbers are on duty, as many as the level of the moment says. One beyond it ends its
 * iteration and goes off duty; so does one for whom there is no iteration left.
 */
export class VirtualUserPacing implements Pacing {
  readonly pool: UserPool
  spentAt: number | undefined
  readonly #context: DriverContext
  readonly #thinks: () => number
  readonly #supply: IterationSupply
  readonly #end: number
  /** First come, first served: users whose iterations never wait take turns. */
  readonly #ready = new UserQueue()
  readonly #resting: RestingUsers
  readonly #restingSince: number[] = []
  /** By place in this shard. */
  readonly #offDuty = new Map<number, VirtualUser>()
  readonly #onDutySince: number[] = []
  #level = 0
  #now: number
  /** When the event loop last had its turn. */
  #turn: number
  #beginning = false
  #yielding = false
  #stopped = false

  constructor(context: DriverContext, work: Work, { quota, thinkTime }: UserLoad) {
    const { plan, recorder, clock, shard } = context
    this.pool = new UserPool(context, work, (user, now) => this.#release(user, now))
    this.#context = context
    const random = seededRandom(plan.seed + shard.index)
    this.#thinks = thinkTime ? () => thinkTime.min + (thinkTime.max - thinkTime.min) * random() : () => 0
    this.#supply = supplyIterations({ shard, vus: peakLevel(plan.stages), quota })
    this.#end = recorder.start + plan.duration
    this.#now = this.#turn = clock.now()
    this.#resting = new RestingUsers(this.#now)
  }

  tick(now: number): boolean {
    this.#turn = now
    this.#setLevel(now)
    this.#resting.wake(now, this.#awake)
    this.#beginReady(now)
    // A share of nothing is done when it begins.
    if (this.#supply.isSpent && now >= this.#context.recorder.start) this.spentAt ??= now
    return false
  }

  goOn(): boolean {
    return false
  }

  stop(now: number): void {
    this.#stopped = true
    for (const user of this.#resting.all()) this.#rested(user, now)
    for (const place of this.#onDutySince.keys()) if (!this.#offDuty.has(place)) this.#wasOnDuty(place, now)
  }

  #setLevel(now: number): void {
    const { plan, recorder, shard } = this.#context
    const level = shareOf(shard, Math.round(levelAt(plan.stages, now - recorder.start)))
    for (let place = this.#level; place < level; place++) {
      if (place < this.pool.size) this.#callIn(place, now)
      else {
        this.#onDutySince[place] = now
        this.#ready.push(this.pool.grow())
      }
    }
    this.#level = level
  }

  /** Hot path. */
  #release(user: VirtualUser, now: number): void {
    if (this.#supply.ended(user)) for (const place of [...this.#offDuty.keys()]) this.#callIn(place, now)
    if (this.#supply.isSpent) this.spentAt ??= now
    const rest = Math.max(user.rest, this.#thinks())
    if (rest > 0) {
      this.#restingSince[this.#placeOf(user)] = now
      this.#resting.add(user, now + rest)
    } else {
      this.#ready.push(user)
      this.#beginReady(now)
    }
  }

  readonly #awake = (user: VirtualUser) => {
    this.#rested(user, this.#turn)
    this.#ready.push(user)
  }

  #beginReady(now: number): void {
    this.#now = now
    // An iteration that ends before its begin returns comes back here: the loop under way goes on with its user.
    if (this.#beginning) return
    this.#beginning = true
    const { start } = this.#context.recorder
    while (!this.#stopped && this.#now < this.#end) {
      if (this.#now - this.#turn > longestTurn) {
        this.#yield()
        break
      }
      const user = this.#ready.shift()
      if (!user) break
      const iteration = this.#isWanted(user) ? this.#supply.take(user, this.#now >= start) : undefined
      if (iteration === undefined) this.#sendOff(user, this.#now)
      else this.pool.begin(user, iteration, this.#now)
    }
    this.#beginning = false
  }

  #isWanted(user: VirtualUser): boolean {
    return this.#placeOf(user) < this.#level
  }

  #placeOf({ vu }: VirtualUser): number {
    return Math.floor(vu / this.#context.shard.of)
  }

  #sendOff(user: VirtualUser, now: number): void {
    const place = this.#placeOf(user)
    this.#wasOnDuty(place, now)
    this.#offDuty.set(place, user)
  }

  #callIn(place: number, now: number): void {
    const user = this.#offDuty.get(place)
    // One that was beyond the level may still be at its last iteration.
    if (!user) return
    this.#offDuty.delete(place)
    this.#onDutySince[place] = now
    this.#ready.push(user)
  }

  #wasOnDuty(place: number, now: number): void {
    this.#context.recorder.occupancy.duty(this.#onDutySince[place] as number, now)
  }

  #rested(user: VirtualUser, now: number): void {
    this.#context.recorder.occupancy.rest(this.#restingSince[this.#placeOf(user)] as number, now)
  }

  #yield(): void {
    if (this.#yielding) return
    this.#yielding = true
    const { clock } = this.#context
    clock.soon(() => {
      this.#yielding = false
      this.#turn = clock.now()
      this.#beginReady(this.#turn)
    })
  }
}
