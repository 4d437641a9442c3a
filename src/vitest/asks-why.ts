// Which verdicts ask what the servers did with their time.
import { metrics } from '../core/metric.ts'
import type { Verdict } from '../core/verdict.ts'

const explained = new Set<string>(
  [metrics.throughput, metrics.rate, metrics.dropped, metrics.cpu, metrics.loopDelay, metrics.gcPause].map(
    ({ label }) => label,
  ),
)

const ofMemory = new Set<string>(
  [metrics.memory, metrics.heap, metrics.memoryGrowth, metrics.memoryLeak].map(({ label }) => label),
)

/** A limit on memory was not met. */
export function asksForHeap({ status, metric }: Verdict): boolean {
  return status === 'fail' && ofMemory.has(metric.replace(/ per VU$/, ''))
}

/** Of what asks why: the CPU, which is used also by a server that has time left. */
export function asksAboutCpu({ metric }: Verdict): boolean {
  return metric.replace(/ per VU$/, '') === metrics.cpu.label
}

/** A limit on latency, throughput or CPU was not met. */
export function asksWhy({ status, metric }: Verdict): boolean {
  return status === 'fail' && (explained.has(metric.replace(/ per VU$/, '')) || metric.endsWith(' latency'))
}
