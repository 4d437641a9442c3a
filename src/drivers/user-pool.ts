// The virtual users of one shard: begins their iterations, records how each ended, gives up those that take too long.
import type { Clock } from '../core/clock.ts'
import type { ErrorKind } from '../core/error-kind.ts'
import { LoadTestError } from '../core/errors.ts'
import type { Lane } from '../core/lane.ts'
import type { Recorder } from '../core/recorder.ts'
import type { Shard } from '../core/schedule.ts'
import { formatMs } from '../core/units.ts'
import type { DriverContext } from './driver.ts'
import type { VirtualUser } from './virtual-user.ts'

/** What virtual users do. */
export interface Work {
  /** The series that an iteration is counted in. */
  series(iteration: number): number
  user(vu: number, pool: UserPool): VirtualUser
}

/** Told whenever a user is free for another iteration, with the time on the driver's clock. */
export type Released = (user: VirtualUser, now: number) => void

export class UserPool {
  readonly #recorder: Recorder
  readonly #clock: Clock
  readonly #shard: Shard
  readonly #open: boolean
  readonly #timeout: number
  readonly #work: Work
  readonly #released: Released
  readonly #users: VirtualUser[] = []
  #busy = 0
  #lastBegun = Number.NEGATIVE_INFINITY

  constructor({ plan, recorder, clock, shard }: DriverContext, work: Work, released: Released) {
    this.#recorder = recorder
    this.#clock = clock
    this.#shard = shard
    this.#open = plan.model === 'open'
    this.#timeout = plan.timeout
    this.#work = work
    this.#released = released
  }

  get size(): number {
    return this.#users.length
  }

  /** How many iterations are under way. */
  get busy(): number {
    return this.#busy
  }

  /** When an iteration began last, ms on the driver's clock. */
  get lastBegun(): number {
    return this.#lastBegun
  }

  grow(): VirtualUser {
    const user = this.#work.user(this.#shard.index + this.size * this.#shard.of, this)
    this.#users.push(user)
    return user
  }

  /** Hot path. @param planned when the iteration was due, in a closed model now */
  begin(user: VirtualUser, iteration: number, planned: number): void {
    user.iteration = iteration
    user.planned = planned
    user.isMeasured = planned >= this.#recorder.start
    user.lane = this.#recorder.lane(this.#work.series(iteration), planned)
    user.lane.scheduled(planned)
    user.busy = true
    this.#busy++
    user.sent = this.#lastBegun = this.#clock.now()
    user.begin()
  }

  /** The iteration is due, but nobody is free to run it. @param now when that was found, later if the generator was */
  drop(iteration: number, planned: number, now: number): void {
    const lane = this.#recorder.lane(this.#work.series(iteration), planned)
    lane.scheduled(planned)
    lane.dropped(planned)
    this.#lag(planned, now)
  }

  /** Hot path. @param ended when it ended, if not now */
  ok(user: VirtualUser, ended = this.#clock.now()): void {
    if (!user.busy) return
    this.#end(user, ended).ok(user, ended)
    this.#released(user, ended)
  }

  /** @param example see `Lane.failed` */
  failed(user: VirtualUser, kind: ErrorKind, example: () => string): void {
    if (!user.busy) return
    const now = this.#clock.now()
    this.#end(user, now).failed(kind, example, now)
    this.#released(user, now)
  }

  /** The user is given up, and a fresh one takes its place: what still comes back to the old one is too late. */
  timedOut(user: VirtualUser, example: () => string): void {
    if (!user.busy) return
    const now = this.#clock.now()
    this.#end(user, now).timedOut(user, example, now)
    user.giveUp(new LoadTestError('deadline-passed', 'the iteration took longer than its time-out'))
    const fresh = this.#work.user(user.vu, this)
    fresh.isMeasured = user.isMeasured
    this.#users[Math.floor(user.vu / this.#shard.of)] = fresh
    this.#released(fresh, now)
  }

  /** Gives up what has been under way for longer than the time-out. */
  sweep(now: number): void {
    if (this.#timeout === Number.POSITIVE_INFINITY) return
    const latest = now - this.#timeout
    for (const user of this.#users) {
      if (user.busy && user.sent <= latest) {
        this.timedOut(user, () => `${user.subject} took longer than ${formatMs(this.#timeout)}`)
      }
    }
  }

  /** The run is over: what is under way stays unfinished, and nobody holds anything any more. */
  close(now: number): void {
    const reason = new LoadTestError('aborted', 'the load run is over')
    for (const user of this.#users) {
      if (user.busy) this.#end(user, now).unfinished(user, now)
      user.giveUp(reason)
    }
  }

  #end(user: VirtualUser, ended: number): Lane {
    user.busy = false
    this.#busy--
    if (this.#open) this.#lag(user.planned, user.sent)
    else {
      user.planned = user.sent
      this.#recorder.occupancy.busy(user.sent, ended)
    }
    return user.lane as Lane
  }

  #lag(planned: number, now: number): void {
    if (planned >= this.#recorder.start) this.#recorder.late(planned, now - planned)
  }
}
