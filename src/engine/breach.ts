// Judges the limits of a run while it goes on: which of them what was measured so far has clearly crossed.
import type { Iterations } from '../core/iterations.ts'
import { canBreachEarly } from '../core/limit.ts'
import type { Plan } from '../core/plan.ts'
import type { Snapshot } from '../core/recording.ts'
import { Run } from '../core/run.ts'
import { judge } from '../core/verdict.ts'

/** So much must have been measured before a limit can end a run: the first moments are not yet the load asked for. */
const settling = 2000

/** The limit that is crossed, in words, or undefined. */
export function breachOf(plan: Plan, { elapsed, lane, lag }: Snapshot): string | undefined {
  if (!plan.abortOnBreach || elapsed < settling) return undefined
  const run = Run.from({
    version: 1,
    id: '',
    name: plan.name,
    target: '',
    executor: plan.executor,
    model: plan.model,
    asked: plan.asked,
    startedAt: '',
    duration: elapsed,
    lanes: [{ ...lane, iterations: closed(lane.iterations) }],
    warmup: { duration: 0, lanes: [] },
    stages: [],
    timeline: { width: 1000, rows: [] },
    lag,
    checks: [],
    usage: {
      servers: [],
      generator: { series: {}, loopDelay: { p50: 0, p99: 0, max: 0 }, utilization: 0, sharesLoop: false },
      probes: {},
    },
    events: [],
    warnings: [],
    invalid: [],
    doubts: [],
    limits: plan.limits,
  })
  // A marginal fail may yet become a pass.
  const verdicts = plan.limits.filter(canBreachEarly).map((limit) => judge(run, limit))
  const crossed = verdicts.find(({ status, marginal }) => status === 'fail' && !marginal)
  return crossed && `its limit on ${crossed.metric} was crossed`
}

/** What is under way has no end yet: the ledger balances when it is called unfinished, which no rate counts. */
function closed(iterations: Iterations): Iterations {
  const { scheduled, ok, failed, timedOut, dropped } = iterations
  return { ...iterations, unfinished: scheduled - ok - failed - timedOut - dropped }
}
