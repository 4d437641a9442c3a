// Puts a run together from what its shards, its servers and its plan say of it.
import { generatorHealth } from '../core/generator-health.ts'
import { errorRate, isBalanced } from '../core/iterations.ts'
import { unaccounted } from '../core/occupancy.ts'
import { fixedAmount, type Plan } from '../core/plan.ts'
import { furtherChecks, mostChecks } from '../core/recorder.ts'
import { joinNames, mergeRecordings, type Recording } from '../core/recording.ts'
import { redactUrl } from '../core/redact.ts'
import { Run, type RunData, type RunEvent } from '../core/run.ts'
import type { Standstill } from '../core/standstill.ts'
import { isPlainData } from '../core/target.ts'
import { formatSpan } from '../core/units.ts'
import type { Suspensions } from '../core/usage.ts'
import { doubt, invalidity, warning } from '../core/warning.ts'
import type { GeneratorHealth } from '../monitor/generator-health.ts'
import { lanesByServer } from './exchange-watch.ts'
import type { Neighbour } from './loads-under-way.ts'
import type { Observed } from './observation.ts'
import type { ShardResult } from './shard-run.ts'

export interface RunParts {
  readonly id: string
  readonly plan: Plan
  readonly startedAt: string
  readonly shards: readonly ShardResult[]
  readonly observed: Observed
  /** The origin that is served by the event loop which sends the load. */
  readonly sharedOrigin: string | undefined
  /** A server listens in the thread of a function target, which may or may not be what the function calls. */
  readonly besideServer: boolean
  /** Other runs that went on at the same time, ms from the measured start. */
  readonly beside: readonly Neighbour[]
  /** Warnings from before the run. */
  readonly foreseen: readonly string[]
  /** Why it was ended before its plan was done. */
  readonly aborted: string | undefined
}

export function assembleRun({
  id,
  plan,
  startedAt,
  shards,
  observed: { servers, probes, exchanges, why, allocations, leaks },
  sharedOrigin,
  besideServer,
  beside,
  foreseen,
  aborted,
}: RunParts): Run {
  const recorded = mergeRecordings(shards.map((shard) => shard.recording))
  const { standstills, ...recording } = joinNames(recorded)
  const { suspensions, ...health } = worst(shards.map((shard) => shard.health))
  const generator = { ...health, sharesLoop: sharedOrigin !== undefined, suspended: suspensions.total }
  const data: RunData = {
    version: 1,
    id,
    name: plan.name,
    target: describeTarget(plan),
    executor: plan.executor,
    model: plan.model,
    asked: plan.asked,
    startedAt,
    ...recording,
    warmup: { duration: plan.warmup, lanes: recording.warmup },
    servers: lanesByServer(exchanges, plan, recorded.lanes),
    ...(why.length === 0 ? {} : { why }),
    ...(allocations === undefined ? {} : { allocations }),
    ...(leaks === undefined ? {} : { leaks }),
    usage: { servers: servers.servers, generator, probes: probes.series },
    events: [...servers.events, ...standstills.map(standstillEvent)],
    warnings: [],
    invalid: [...invalidities(recording, sharedOrigin), ...suspended(suspensions, plan)],
    doubts: [...servers.ended, ...(aborted === undefined ? shortfall(recording, plan) : [])],
    ...(aborted === undefined ? {} : { aborted }),
    limits: plan.limits,
  }
  const company = [
    ...(besideServer ? [warning.besideServer()] : []),
    ...beside.filter(({ from, until }) => until > 0 && from < recording.duration).map(warning.besideRun),
  ]
  const warnings = [
    ...warningsOf(Run.from(data), plan),
    ...standstills.map(warning.standstill),
    ...foreseen,
    ...company,
    ...servers.warnings,
    ...probes.warnings,
    ...exchanges.warnings,
  ]
  return Run.from(deepFreeze({ ...data, warnings }))
}

/** Clocks and sums of floats agree better than this. */
const mostOverbooked = 0.05

function invalidities(
  { lanes, warmup, occupancy }: Omit<Recording, 'standstills'>,
  sharedOrigin: string | undefined,
): string[] {
  const missing = occupancy ? unaccounted(occupancy) : 0
  const unbalanced = [...lanes, ...warmup].filter((lane) => !isBalanced(lane.iterations))
  return [
    ...unbalanced.map(({ iterations: { scheduled, ok, failed, timedOut, unfinished, dropped } }) =>
      invalidity.unbalanced(scheduled, ok + failed + timedOut + unfinished + dropped),
    ),
    ...(missing < -mostOverbooked ? [invalidity.overbooked(-missing)] : []),
    ...(sharedOrigin === undefined ? [] : [invalidity.sharedLoop(sharedOrigin)]),
  ]
}

function shortfall({ lanes, duration }: Pick<Recording, 'lanes' | 'duration'>, plan: Plan): string[] {
  const amount = fixedAmount(plan)
  const begun = lanes.reduce((sum, { iterations }) => sum + iterations.scheduled, 0)
  return amount === undefined || begun >= amount ? [] : [doubt.amountNotDone(begun, amount, duration)]
}

function suspended(suspensions: Suspensions, { target }: Plan): string[] {
  return suspensions.count === 0 ? [] : [invalidity.suspended(suspensions, !isPlainData(target))]
}

function warningsOf(run: Run, { target, insecure, load, warmup, gracefulStop, leaks }: Plan): string[] {
  const { keptUp, reasons } = generatorHealth(run)
  const { iterations } = run
  const warmupErrors = errorRate(run.warmup.iterations)
  const warnings: string[] = []
  if (!keptUp) warnings.push(warning.generatorLate(reasons))
  if (iterations.dropped > 0 && load.kind === 'rate') warnings.push(warning.dropped(iterations.dropped, load.maxVUs))
  if (leaks && run.duration > leaks.duration + 1000) warnings.push(warning.wentOn(leaks.duration, run.duration))
  if (iterations.unfinished > 0 && !run.aborted) {
    const say = leaks ? warning.unfinishedOrHeldUp : warning.unfinished
    warnings.push(say(iterations.unfinished, gracefulStop))
  }
  if (warmup > 0 && warmupErrors > 0.01) warnings.push(warning.warmupErrors(warmupErrors))
  if (run.checks.some(({ name }) => name === furtherChecks))
    warnings.push(warning.manyChecks(mostChecks, furtherChecks))
  if (insecure && target.kind === 'http' && target.requests.some(({ origin }) => origin.startsWith('https:'))) {
    warnings.push(warning.insecure())
  }
  return warnings
}

function standstillEvent({ from, until }: Standstill): RunEvent {
  return { at: from, name: 'nothing completed', detail: `for ${formatSpan(until - from)}` }
}

/** Shards send side by side: the one that did worst says whether the generator kept up. */
function worst(healths: readonly GeneratorHealth[]): GeneratorHealth {
  const most = (read: (health: GeneratorHealth) => number) => Math.max(...healths.map(read))
  return {
    series: healths[0]?.series ?? {},
    loopDelay: {
      p50: most(({ loopDelay }) => loopDelay.p50),
      p99: most(({ loopDelay }) => loopDelay.p99),
      max: most(({ loopDelay }) => loopDelay.max),
    },
    utilization: most(({ utilization }) => utilization),
    suspensions: healths.map((health) => health.suspensions).reduce((a, b) => (b.total > a.total ? b : a)),
  }
}

export function describeTarget({ target, name }: Plan): string {
  if (target.kind === 'task') return name
  const requests = target.requests.map(({ method, origin, path }) => `${method} ${redactUrl(origin + path)}`)
  return requests.length <= 3
    ? requests.join(', ')
    : `${requests.slice(0, 3).join(', ')} and ${requests.length - 3} more`
}

/** The reason of an abort signal in words. */
export function describeAbort(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}

function deepFreeze<Value extends object>(value: Value): Value {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) deepFreeze(part)
  return Object.freeze(value)
}
