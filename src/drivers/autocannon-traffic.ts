// What all connections of one autocannon run share: what may still be sent, what is under way, and when it is over.
import type { ByteCount } from '../core/byte-count.ts'
import type { Clock } from '../core/clock.ts'
import type { Lane } from '../core/lane.ts'
import { lanesOf } from '../core/lane-plan.ts'
import type { Occupancy } from '../core/occupancy.ts'
import type { Recorder } from '../core/recorder.ts'
import { type Shard, shareOf } from '../core/schedule.ts'
import { peakLevel } from '../core/stage.ts'
import type { RequestPlan } from '../core/target.ts'
import { AutocannonRequests } from './autocannon-requests.ts'
import type { DriverContext } from './driver.ts'

export class Traffic {
  readonly clock: Clock
  readonly timeout: number
  readonly plans: readonly RequestPlan[]
  readonly requests: AutocannonRequests
  /** Of this shard. */
  readonly connections: number
  /** So many requests at once on each connection. */
  readonly pipelining: number
  readonly occupancy: Occupancy
  readonly bytes: ByteCount
  underWay = 0
  readonly #recorder: Recorder
  readonly #series: readonly number[]
  readonly #end: number
  readonly #gracefulStop: number
  readonly #shard: Shard
  #iterations = 0
  /** Measured requests still to be sent, and still to end; Infinity without an amount. */
  #toSend: number
  #toEnd: number
  #stoppedAt: number | undefined

  /** @param plans the requests of the plan, in the order in which every connection sends them */
  constructor({ plan, shard, recorder, clock }: DriverContext, plans: readonly RequestPlan[]) {
    const { amount, pipelining } = plan.load as Extract<typeof plan.load, { kind: 'connections' }>
    const connections = peakLevel(plan.stages)
    this.clock = clock
    this.timeout = plan.timeout
    this.plans = plans
    this.requests = new AutocannonRequests(plans)
    this.connections = shareOf(shard, connections)
    this.pipelining = pipelining
    this.occupancy = recorder.occupancy
    this.bytes = recorder.bytes
    this.#recorder = recorder
    this.#series = lanesOf(plans)
    this.#end = recorder.start + plan.duration
    this.#gracefulStop = plan.gracefulStop
    this.#shard = shard
    // A shard without connections must not be dealt a part of the amount.
    const dealt = { index: shard.index, of: Math.min(shard.of, connections) }
    const share = this.connections === 0 ? 0 : shareOf(dealt, amount ?? 0)
    this.#toSend = amount === undefined ? Number.POSITIVE_INFINITY : share
    this.#toEnd = this.#toSend
    if (this.#toEnd === 0 || this.connections === 0) this.stop(clock.now())
  }

  /** Stops when it is time to. */
  hasMore(now: number): boolean {
    if (now >= this.#end) this.stop(now)
    return this.#stoppedAt === undefined && this.#toSend > 0
  }

  /** Hot path. Counts a request as scheduled, unless no more may be sent. */
  take(index: number, now: number): Lane | undefined {
    if (!this.hasMore(now)) return undefined
    if (now >= this.#recorder.start) this.#toSend--
    this.underWay++
    const lane = this.#recorder.lane(this.#series[index] as number, now)
    lane.scheduled(now)
    return lane
  }

  /** The number of the iteration just taken: counts over all connections and shards, warm-up included. */
  nextIteration(): number {
    return this.#shard.index + this.#shard.of * this.#iterations++
  }

  /** Hot path. A request that was taken at `taken` has been recorded. */
  ended(taken: number, now: number): void {
    this.underWay--
    if (taken >= this.#recorder.start && --this.#toEnd === 0) this.stop(now)
  }

  /** From now on nothing is sent; what is under way may end. */
  stop(now: number): void {
    if (this.#stoppedAt !== undefined) return
    this.#stoppedAt = now
    this.#recorder.stop(now)
  }

  /** Stops when it is time to; returns whether nothing is waited for any more. */
  isOver(now: number): boolean {
    if (now >= this.#end || now >= this.#recorder.endsBy) this.stop(now)
    if (this.#stoppedAt === undefined) return false
    return this.underWay === 0 || now >= this.#stoppedAt + this.#gracefulStop
  }
}
