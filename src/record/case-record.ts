// What a test hands to the main process about its load runs: JSON-safe, small, versioned.

import type { Bytes } from '../core/byte-count.ts'
import type { ErrorCount } from '../core/error-kind.ts'
import type { ServerWhy } from '../core/explanation.ts'
import type { Iterations } from '../core/iterations.ts'
import type { ServerAllocations, ServerLeak } from '../core/leak.ts'
import type { Progress } from '../core/progress.ts'
import type { CheckCount } from '../core/recording.ts'
import type { Asked, Executor, RunEvent } from '../core/run.ts'
import type { SeriesData } from '../core/series.ts'
import type { ServerLane } from '../core/server-slice.ts'
import type { StagePlan } from '../core/stage.ts'
import type { Verdict } from '../core/verdict.ts'

/** The key under which a test's `task.meta` carries its `CaseRecord`. */
export const metaKey = 'vitest-load'

/** All runs of one test, over all its attempts. */
export interface CaseRecord {
  readonly version: 1
  readonly runs: readonly RunRecord[]
}

/** Times in ms, rates per second, numbers that are not known null. */
export interface RunRecord {
  readonly id: string
  readonly name: string
  readonly target: string
  readonly executor: Executor
  readonly model: 'open' | 'closed'
  readonly asked: Asked
  /** Which attempt of the test this run belongs to: the last one counts. */
  readonly attempt: { readonly retry: number; readonly repeat: number }
  readonly startedAt: string
  readonly duration: number
  readonly iterations: Iterations
  readonly errorRate: number | null
  readonly throughput: number | null
  /** Iterations begun per second. */
  readonly reachedRate: number | null
  readonly latency: QuantilesRecord
  readonly serviceTime: QuantilesRecord
  readonly errors: readonly ErrorCount[]
  readonly checks: readonly CheckCount[]
  /** Requests of a list; empty for a single target. */
  readonly requests: readonly RequestRecord[]
  /** By server; empty where one server alone had the requests of the run, or they could not be told apart. */
  readonly servers: readonly ServerShareRecord[]
  /** Those that the run came to; empty without stages, and in a partial record. */
  readonly stages: readonly StageRecord[]
  readonly timeline: { readonly width: number; readonly rows: readonly TimelineRecord[] }
  readonly usage: {
    readonly servers: readonly ServerRecord[]
    /** Null in a partial record: the run ended before its generator could tell. */
    readonly generator: GeneratorRecord | null
    /** Numbers of the user's own by name. */
    readonly probes: Readonly<Record<string, SeriesRecord>>
  }
  /** What was sent and received in the measured time, heads and bodies; null where that is not known. */
  readonly bytes: Bytes | null
  /** What the Node servers did with their time, by their CPU profiles; `profile` only where that was kept. */
  readonly why: readonly WhyRecord[]
  /** Who allocated in the Node servers what is still there; absent where nobody asked. `files` only where they were kept. */
  readonly allocations?: readonly ServerAllocations[]
  /** Of each process of a Node server whether it leaks; absent where that was not asked. `files` only where they were kept. */
  readonly leaks?: readonly ServerLeak[]
  /** `iterations` is null in a partial record. */
  readonly warmup: { readonly duration: number; readonly iterations: Iterations | null }
  readonly events: readonly RunEvent[]
  readonly warnings: readonly string[]
  readonly invalid: readonly string[]
  readonly aborted?: string
  readonly verdicts: readonly Verdict[]
}

export interface QuantilesRecord {
  readonly count: number
  /** Samples of which only a lower bound is known: they make percentiles "at least". */
  readonly censored: number
  readonly min: number | null
  readonly mean: number | null
  readonly p50: number | null
  readonly p75: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly p999: number | null
  readonly max: number | null
}

export interface RequestRecord {
  readonly name: string
  readonly iterations: Iterations
  readonly errorRate: number | null
  readonly throughput: number | null
  readonly latency: QuantilesRecord
}

/** What one of several servers had of a run. */
export interface ServerShareRecord extends RequestRecord {
  /** `requests`: iterations that went straight to it. `relay`: HTTP requests as the relay in front of it saw them. */
  readonly source: ServerLane['source']
}

/** A stage as it was planned, also where the run ended inside it, and what was due (open) or sent (closed) in it. */
export interface StageRecord extends StagePlan {
  readonly iterations: Iterations
  readonly errorRate: number | null
  /** ok per second that ended in the stage. */
  readonly throughput: number | null
  readonly latency: QuantilesRecord
}

export type WhyRecord = Omit<ServerWhy, 'cpu'>

export interface TimelineRecord {
  /** Due in this row (open) or sent in it (closed). */
  readonly due: number
  readonly ok: number
  readonly failed: number
  readonly timedOut: number
  readonly unfinished: number
  readonly dropped: number
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

export interface ServerRecord {
  readonly name: string
  /** Null in a partial record. */
  readonly pid: number | null
  /** By name: `cpu`, `memory`, `heapUsed`... Those that are not known are missing. */
  readonly series: Readonly<Record<string, SeriesRecord>>
  /** What could not be seen of it and why, in sentences. */
  readonly unseen: readonly string[]
}

/** One number over time, its mean and peak from all samples, of which fewer may be kept. */
export interface SeriesRecord extends Omit<SeriesData, 'peaks' | 'gaps' | 'atLeast'>, SummaryRecord {}

export interface GeneratorRecord {
  readonly keptUp: boolean
  /** Why it did not keep up, in words; empty when it did. */
  readonly reasons: readonly string[]
  readonly cpu: SummaryRecord | null
  readonly memory: SummaryRecord | null
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly utilization: number
  readonly lag: QuantilesRecord
}

export interface SummaryRecord {
  readonly mean: number
  readonly max: number
}

/** What the main process hears of a run under way. Sent as artifacts of type `vitest-load:progress`, about once a second. */
export interface ProgressRecord extends Progress {
  readonly attempt: RunRecord['attempt']
  /** The run has ended: this is the last of it. */
  readonly over: boolean
}
