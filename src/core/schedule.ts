// When the iterations of an open run are due, as arithmetic: no clock, no sum that could drift.
import { seededRandom } from './random.ts'
import type { StagePlan } from './stage.ts'

/** The arrivals of one shard of a plan in the order of time, warm-up first: a cursor that stands on the next one. */
export interface Arrivals {
  /** Its number among all arrivals of the plan, from 0, warm-up included. */
  readonly iteration: number
  /** When it is due, in ms from the measured start, below 0 in the warm-up; Infinity when there is none any more. */
  readonly plannedAt: number
  advance(): void
}

/** Which part of a plan is meant: what is numbered is dealt out to the shards in turn. */
export interface Shard {
  readonly index: number
  readonly of: number
}

/** `uniform`: on an even grid. `poisson`: at random, each independent of the others. */
export type Spacing = 'uniform' | 'poisson'

export interface Schedule {
  /** Levels are iterations per second of the whole plan. */
  readonly stages: readonly StagePlan[]
  readonly warmup: number
  readonly shard: Shard
  readonly spacing: Spacing
  readonly seed: number
}

/** Where on the way through a stage the k-th arrival lies is a matter of how many are due before: its place. */
type Places = () => number

/**
 * With N(t) arrivals due up to the time t (the area under the rates), the uniform arrival k is due when N(t) = k, for
 * every whole k from -N(warm-up) to N(end), the end excluded. A Poisson process with so many arrivals puts each of them
 * anywhere between 0 and N(end), whatever the others do (Ross, Stochastic Processes, theorem 2.3.1). Every shard takes
 * every `of`-th arrival, so that all shards together keep the grid and the exact number.
 */
export function planArrivals({ stages, warmup, shard, spacing, seed }: Schedule): Arrivals {
  const rate = (stages[0] as StagePlan).from
  const ways = waysThrough(stages)
  const before = (rate * warmup) / 1000
  const area = (ways.at(-1) as Way).reaches
  const warmups = Math.floor(settle(before))
  const total = warmups + Math.ceil(settle(area))
  const places = spacing === 'uniform' ? grid(-warmups) : chance({ warmups, before, area, total, seed })
  let way = 0
  let place = 0
  let drawn = 0
  const cursor = { iteration: ((shard.index + warmups) % shard.of) - shard.of, plannedAt: 0, advance }
  function advance() {
    cursor.iteration += shard.of
    if (cursor.iteration >= total) {
      cursor.plannedAt = Number.POSITIVE_INFINITY
      return
    }
    for (; drawn <= cursor.iteration; drawn++) place = places()
    while (way < ways.length - 1 && place >= (ways[way] as Way).reaches) way++
    cursor.plannedAt = place < 0 ? (place * 1000) / rate : timeAt(ways[way] as Way, place)
  }
  advance()
  return cursor
}

/** A stage with how many arrivals are due before it and up to its end. */
interface Way extends StagePlan {
  readonly passed: number
  readonly reaches: number
}

function waysThrough(stages: readonly StagePlan[]): Way[] {
  let passed = 0
  return stages.map((stage) => {
    const reaches = passed + (((stage.from + stage.to) / 2) * (stage.end - stage.start)) / 1000
    const way = { ...stage, passed, reaches }
    passed = reaches
    return way
  })
}

/** When N(t) = place: t = n / a at a steady rate a; else a t + b t^2 / 2 = n, solved without subtracting near equals. */
function timeAt({ start, end, from, to, passed }: Way, place: number): number {
  const due = place - passed
  if (due === 0) return start
  if (from === to) return start + (due * 1000) / from
  const rise = ((to - from) * 1000) / (end - start)
  return start + (2000 * due) / (from + Math.sqrt(Math.max(0, from * from + 2 * rise * due)))
}

function grid(first: number): Places {
  let next = first
  return () => next++
}

interface Chance {
  readonly warmups: number
  readonly before: number
  readonly area: number
  readonly total: number
  readonly seed: number
}

/** The next of n places left, all of them anywhere before the end: the least of n is 1 - u^(1/n) of the way there. */
function chance({ warmups, before, area, total, seed }: Chance): Places {
  const random = seededRandom(seed)
  let at = -before
  let left = warmups
  let end = 0
  return () => {
    if (left === 0) {
      at = 0
      left = total - warmups
      end = area
    }
    at += (end - at) * -Math.expm1(Math.log1p(-random()) / left--)
    return at
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
