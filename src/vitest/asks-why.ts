// Which verdicts ask what the servers did with their time.
import { type Metric, metrics } from '../core/metric.ts'
import { seriesMetric, seriesStatistics } from '../core/series-metric.ts'
import type { UsageName } from '../core/usage.ts'
import type { Verdict } from '../core/verdict.ts'

/** The metrics, and the series of servers however they are limited. */
function labelsOf(rows: readonly Metric[], names: readonly UsageName[]): ReadonlySet<string> {
  const series = names.flatMap((name) => seriesStatistics.map((statistic) => seriesMetric({ name, statistic })))
  return new Set([...rows, ...series].map(({ label }) => label))
}

const { throughput, rate, dropped, cpu, loopDelay, gcPause, memory, heap, memoryGrowth, memoryLeak } = metrics
const ofCpu = labelsOf([cpu], ['cpu', 'loopBusy'])
const ofLoop = labelsOf([loopDelay, gcPause], ['loopDelay', 'longestBlock', 'gcTime', 'gcPause'])
const explained = labelsOf(
  [throughput, rate, dropped, cpu, loopDelay, gcPause],
  ['cpu', 'loopBusy', 'loopDelay', 'longestBlock', 'gcTime', 'gcPause'],
)
const ofMemory = labelsOf([memory, heap, memoryGrowth, memoryLeak], ['memory', 'heapUsed', 'heapTotal'])

/** A limit on memory was not met. */
export function asksForHeap({ status, metric }: Verdict): boolean {
  return status === 'fail' && ofMemory.has(metric.replace(/ per VU$/, ''))
}

/** Of what asks why: the CPU, which is used also by a server that has time left. */
export function asksAboutCpu({ metric }: Verdict): boolean {
  return ofCpu.has(metric.replace(/ per VU$/, ''))
}

/** Of what asks why: the event loop itself, of which idle time is no explanation. */
export function asksAboutLoop({ metric }: Verdict): boolean {
  return ofLoop.has(metric.replace(/ per VU$/, ''))
}

/** A limit on latency, throughput, drops, CPU or the event loop was not met. */
export function asksWhy({ status, metric, notes }: Verdict): boolean {
  // Where less was asked for, that is the reason.
  if (notes.some((note) => note.endsWith('were asked for'))) return false
  return status === 'fail' && (explained.has(metric.replace(/ per VU$/, '')) || metric.endsWith(' latency'))
}
