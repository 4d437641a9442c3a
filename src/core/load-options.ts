// What a user may say about a load run, beside its target.
import type { LeakOptions } from './leak.ts'
import type { Limits } from './limit.ts'
import type { Probe } from './probe.ts'
import type { ProfileMode } from './profile-mode.ts'
import type { Spacing } from './schedule.ts'
import type { Stage } from './stage.ts'
import type { Duration } from './units.ts'

export interface LoadOptions {
  /** Closed and saturating: so many autocannon connections, each sending its next request at once. Default: 10. */
  readonly connections?: number
  /** With `connections`: so many requests are sent on each before their answers have come. Default: 1. */
  readonly pipelining?: number
  /** With `connections`: so many requests in all instead of a time. */
  readonly amount?: number
  /** Closed: so many virtual users, each beginning its next iteration when the last has ended. */
  readonly vus?: number
  /** With `vus` (default: 10, or `batch`): so many iterations in all instead of a time, whoever is free takes the next. */
  readonly iterations?: number
  /** With `iterations`: so many begin, and the next batch when all of them have ended. */
  readonly batch?: number
  /** With `vus`: so many iterations of each user instead of a time. */
  readonly iterationsPerVu?: number
  /** With `vus`, also of stages: how long each user waits after an iteration; a range is drawn from evenly. Default: 0. */
  readonly thinkTime?: Duration | { readonly min: Duration; readonly max: Duration }
  /** Open: so many iterations begin per `per`, whether or not earlier ones have ended. */
  readonly rate?: number
  /** The time that `rate` is for, also of stages. Default: `'1s'`. */
  readonly per?: Duration
  /** With `rate`, also of stages: on an even grid, or at random, each independent of the others. Default: `uniform`. */
  readonly arrivals?: Spacing
  /** With `rate`: at most so many iterations at once; what is due beyond is dropped. Default: highest rate x timeout, at most 10,000. */
  readonly maxVUs?: number
  /** Levels of `vus` or of `rate`, one after the other: each is gone to evenly from the one before. See `ramp`, `spike`, `soak`, `steps`. */
  readonly stages?: readonly Stage[]
  /** Measured time. Default: `'10s'`. */
  readonly duration?: Duration
  /** Load before the measured time, counted apart. Default: 10 % of the duration, at most 5 s, for GET and HEAD without functions over 2 s; 0 for fixed amounts and for stages that begin at 0. */
  readonly warmup?: Duration
  /** Per HTTP request. Default: `'10s'`. Functions have none unless given. */
  readonly timeout?: Duration
  /** How long iterations under way may take after sending has stopped. Default: `'5s'`. */
  readonly gracefulStop?: Duration
  /** Threads that send, each its share of the load. Requests without functions only. Default: 1. */
  readonly workers?: number
  /** Do not verify TLS certificates; the run says so. Default: false. */
  readonly insecure?: boolean
  /** Of everything that is left to chance: the same seed gives the same arrivals and pauses. A whole number. Default: 1. */
  readonly seed?: number
  /** Default: method and path of the requests, or the function's name. */
  readonly name?: string
  /** Judged when the test ends, without a matcher. */
  readonly limits?: Limits
  /** End the run as soon as what was measured so far has clearly crossed a limit on latency, errors or drops, from 2 s on. Default: false. */
  readonly abortOnBreach?: boolean
  /**
   * Pids of servers that serve() did not start, each watched with its child processes as `pid 4711`; `[]`: none. Default: on
   * Linux whoever listens where the load goes, on this machine's loopback, watched as `127.0.0.1:3000`.
   */
  readonly monitor?: number | readonly number[]
  /**
   * Numbers of your own by name, asked for once a second while the load goes on: functions that return a number or an
   * object of numbers (`'pool.waiting'`), `prometheus(url)`, `redis(client)`. Read them with `run.probe(name)`.
   */
  readonly probes?: Readonly<Record<string, Probe>>
  /**
   * When the CPU profile of each Node server is kept that is taken from the start of the load: `'always'`, `'on-failure'` (of a
   * limit on latency, throughput, drops, CPU or event loop), or `'off'`: none is taken. It may hold secrets. Default:
   * `'on-failure'`.
   */
  readonly profile?: ProfileMode
  /**
   * When the sampling of allocations is kept that says which functions of each Node server allocated what is still there after
   * the load: `'always'`, or `'on-failure'` of a limit on memory. It may hold secrets. Default: `'off'`: none is taken.
   */
  readonly allocations?: ProfileMode
  /**
   * Look for memory leaks of the Node servers: forced collections at moments that latency ignores, the load going on for up to
   * three times its duration while the answer is open, heap snapshots when growth is confirmed (they may hold secrets). Judge
   * with `toHaveNoMemoryLeak()`. For a load that stays the same, of 20 s or more. Default: not.
   */
  readonly leaks?: true | LeakOptions
  readonly signal?: AbortSignal
}

export const loadOptionNames: readonly (keyof LoadOptions)[] = [
  'connections',
  'pipelining',
  'amount',
  'vus',
  'iterations',
  'batch',
  'iterationsPerVu',
  'thinkTime',
  'rate',
  'per',
  'arrivals',
  'maxVUs',
  'stages',
  'duration',
  'warmup',
  'timeout',
  'gracefulStop',
  'workers',
  'insecure',
  'seed',
  'name',
  'limits',
  'abortOnBreach',
  'monitor',
  'probes',
  'profile',
  'allocations',
  'leaks',
  'signal',
]
