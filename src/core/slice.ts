// A run or a part of one: the readers that every matcher works on.
import { Distribution } from './distribution.ts'
import type { ErrorCount } from './error-kind.ts'
import { errorRate, type Iterations } from './iterations.ts'
import type { LaneData } from './lane.ts'
import type { CheckCount } from './recorder.ts'
import type { RunData } from './run.ts'
import type { Usage } from './usage.ts'

export interface SliceParts {
  readonly name: string
  readonly run: RunData
  readonly lane: LaneData
  /** ms */
  readonly duration: number
  /** The ok iterations that count as throughput; default: see `throughput`. */
  readonly okCounted?: number
}

export class Slice {
  readonly name: string
  /** The run this is, or is a part of. */
  readonly data: RunData
  /** Measured time in ms until sending stopped. */
  readonly duration: number
  readonly iterations: Iterations
  /** ok per second. In a closed model only what ended while sending went on, so that draining does not flatter. */
  readonly throughput: number
  /** (failed + timedOut) / (ok + failed + timedOut), 0 to 1; NaN when nothing ended. */
  readonly errorRate: number
  readonly errors: readonly ErrorCount[]
  /** Open model: from the planned instant. Closed model: from the send. Per iteration, ms. */
  readonly latency: Distribution
  /** From the real send, ms. */
  readonly serviceTime: Distribution

  constructor({ name, run, lane, duration, okCounted }: SliceParts) {
    this.name = name
    this.data = run
    this.duration = duration
    this.iterations = lane.iterations
    const ok = okCounted ?? (run.model === 'closed' ? lane.okInTime : lane.iterations.ok)
    this.throughput = duration > 0 ? (ok * 1000) / duration : Number.NaN
    this.errorRate = errorRate(lane.iterations)
    this.errors = lane.errors
    this.latency = new Distribution(lane.latency, lane.censoredLatency)
    this.serviceTime = new Distribution(lane.serviceTime, lane.censoredServiceTime)
  }

  get model(): 'open' | 'closed' {
    return this.data.model
  }

  /** How late iterations were sent after they were due; without samples in a closed model. ms. */
  get lag(): Distribution {
    return new Distribution(this.data.lag)
  }

  get checks(): readonly CheckCount[] {
    return this.data.checks
  }

  get usage(): Usage {
    return this.data.usage
  }

  get warnings(): readonly string[] {
    return this.data.warnings
  }

  /** False when no verdict can be given on these numbers; `data.invalid` says why. */
  get valid(): boolean {
    return this.data.invalid.length === 0
  }
}
