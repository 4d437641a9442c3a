// Which verdicts ask what the servers did with their time.
import { metrics } from '../core/metric.ts'
import type { Verdict } from '../core/verdict.ts'

const explained = new Set<string>(
  [metrics.throughput, metrics.rate, metrics.dropped, metrics.cpu, metrics.loopDelay, metrics.gcPause].map(
    ({ label }) => label,
  ),
)

/** The heap of a server grows and goes on growing. */
export function asksForHeap({ status, metric }: Verdict): boolean {
  return status === 'fail' && metric === metrics.memoryLeak.label
}

/** A limit on latency, throughput or CPU was not met. */
export function asksWhy({ status, metric }: Verdict): boolean {
  return status === 'fail' && (explained.has(metric) || metric.endsWith(' latency'))
}
