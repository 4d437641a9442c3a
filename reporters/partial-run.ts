// What is known of a run that never delivered its record: its last progress, as a record marked aborted.
import { errorRate } from '../src/core/iterations.ts'
import type { Unit } from '../src/core/verdict.ts'
import type { ProgressRecord, QuantilesRecord, RunRecord } from '../src/record/case-record.ts'

const unknown: QuantilesRecord = Object.freeze({
  count: 0,
  censored: 0,
  min: null,
  mean: null,
  p50: null,
  p75: null,
  p90: null,
  p95: null,
  p99: null,
  p999: null,
  max: null,
})

/** @param aborted why the run ended before its plan did */
export function partialRun(progress: ProgressRecord, aborted: string): RunRecord {
  const { tick, servers, warmup, over: _over, ...known } = progress
  const duration = Math.max(0, tick.elapsed)
  const { scheduled, ok, failed, timedOut, dropped } = tick.iterations
  // What was under way at the last progress will never end: only so does the ledger balance.
  const iterations = { ...tick.iterations, unfinished: scheduled - ok - failed - timedOut - dropped }
  const perSecond = (count: number) => finite((count * 1000) / duration)
  const single = (unit: Unit, value: number) => ({ unit, mean: value, max: value, at: [duration], values: [value] })
  const seen = { p50: finite(tick.p50), p95: finite(tick.p95), p99: finite(tick.p99) }
  return {
    ...known,
    duration,
    iterations,
    errorRate: finite(errorRate(iterations)),
    throughput: perSecond(ok),
    reachedRate: perSecond(scheduled - dropped),
    latency: { ...unknown, count: ok, ...seen },
    serviceTime: unknown,
    errors: [],
    checks: [],
    requests: [],
    servers: [],
    stages: [],
    timeline: { width: 1000, rows: [] },
    usage: {
      servers: servers.map(({ name, cpuPercent, rssBytes }) => ({
        name,
        pid: null,
        series: { cpu: single('percent', cpuPercent), memory: single('bytes', rssBytes) },
        unseen: [],
      })),
      generator: null,
      probes: {},
    },
    bytes: null,
    why: [],
    warmup: { duration: warmup, iterations: null },
    events: [],
    warnings: ['these are the numbers of the last progress that arrived; its percentiles are of ok iterations only'],
    invalid: [],
    aborted,
    verdicts: [],
  }
}

/** JSON has no NaN: what is not known is null. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
