// When the iterations of an open run are due, as arithmetic: no clock, no sum that could drift.

/** The arrivals of one shard of a plan in the order of time, warm-up first. */
export interface Arrivals {
  readonly total: number
  /** The number of the n-th arrival among all arrivals of the plan, from 0, warm-up included. */
  iteration(n: number): number
  /** When the n-th arrival is due, in ms from the measured start; below 0 in the warm-up. */
  plannedAt(n: number): number
}

/** Which part of a plan is meant: what is numbered is dealt out to the shards in turn. */
export interface Shard {
  readonly index: number
  readonly of: number
}

export interface ConstantRate {
  /** Per second, of the whole plan. */
  readonly rate: number
  readonly duration: number
  readonly warmup: number
  readonly shard: Shard
}

/**
 * Arrival k of the plan is due k / rate after the measured start, for every whole k with -warmup <= k / rate < duration.
 * A shard takes every `of`-th arrival, so that all shards together keep the even grid and the exact rate.
 */
export function constantArrivals({ rate, duration, warmup, shard }: ConstantRate): Arrivals {
  const warmups = Math.floor(settle((rate * warmup) / 1000))
  const all = warmups + Math.ceil(settle((rate * duration) / 1000))
  const first = (shard.index + warmups) % shard.of
  const iteration = (n: number) => first + n * shard.of
  return {
    total: shareOf({ index: first, of: shard.of }, all),
    iteration,
    plannedAt: (n) => ((iteration(n) - warmups) * 1000) / rate,
  }
}

/** How many of so many things, dealt out in turn, fall to a shard. */
export function shareOf({ index, of }: Shard, count: number): number {
  return Math.max(0, Math.ceil((count - index) / of))
}

/** 100 a minute for a minute are 100 arrivals, although 100 / 60 * 60 is a little more in floating point. */
function settle(count: number): number {
  const whole = Math.round(count)
  return Math.abs(count - whole) <= whole * 1e-12 ? whole : count
}
