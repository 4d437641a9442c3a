// What is told of a run while it goes on.
import { Distribution } from './distribution.ts'
import type { Iterations } from './iterations.ts'
import type { Snapshot } from './recording.ts'
import type { RunData } from './run.ts'

/** What is shown of a snapshot while the run goes on. Times in ms, NaN where nothing has ended yet. */
export interface Tick {
  readonly elapsed: number
  readonly iterations: Iterations
  readonly p50: number
  readonly p95: number
  readonly p99: number
}

/** About once a second. Times in ms, rates per second. */
export interface Progress
  extends Pick<RunData, 'id' | 'name' | 'target' | 'executor' | 'model' | 'asked' | 'startedAt'> {
  readonly warmup: number
  readonly tick: Tick
  /** Newest usage of each server that is watched. */
  readonly servers: readonly { readonly name: string; readonly cpuPercent: number; readonly rssBytes: number }[]
}

export function tickOf({ elapsed, lane }: Snapshot): Tick {
  const { p50, p95, p99 } = new Distribution(lane.latency, lane.censoredLatency)
  return { elapsed, iterations: lane.iterations, p50, p95, p99 }
}
