// Puts a run together from what its shards, its servers and its plan say of it.
import { generatorHealth } from '../core/generator-health.ts'
import { errorRate, isBalanced } from '../core/iterations.ts'
import type { Plan } from '../core/plan.ts'
import { mergeRecordings, type Recording } from '../core/recorder.ts'
import { redactUrl } from '../core/redact.ts'
import { Run, type RunData } from '../core/run.ts'
import { invalidity, warning } from '../core/warning.ts'
import type { GeneratorHealth } from '../monitor/generator-health.ts'
import type { ServerReport } from './server-watch.ts'
import type { ShardResult } from './shard-run.ts'

export interface RunParts {
  readonly id: string
  readonly plan: Plan
  readonly startedAt: string
  readonly shards: readonly ShardResult[]
  readonly servers: ServerReport
  /** The origin that is served by the event loop which sends the load. */
  readonly sharedOrigin: string | undefined
  /** A server listens in the thread of a function target, which may or may not be what the function calls. */
  readonly besideServer: boolean
  /** Why it was ended before its plan was done. */
  readonly aborted: string | undefined
}

export function assembleRun({
  id,
  plan,
  startedAt,
  shards,
  servers,
  sharedOrigin,
  besideServer,
  aborted,
}: RunParts): Run {
  const recording = mergeRecordings(shards.map((shard) => shard.recording))
  const health = worst(shards.map((shard) => shard.health))
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
    usage: { servers: servers.servers, generator: { ...health, sharesLoop: sharedOrigin !== undefined } },
    events: servers.events,
    warnings: [],
    invalid: invalidities(recording, sharedOrigin),
    doubts: servers.ended,
    ...(aborted === undefined ? {} : { aborted }),
    limits: plan.limits,
  }
  const beside = besideServer ? [warning.besideServer()] : []
  const warnings = [...warningsOf(Run.from(data), plan), ...beside, ...servers.warnings]
  return Run.from(deepFreeze({ ...data, warnings }))
}

function invalidities({ lanes, warmup }: Recording, sharedOrigin: string | undefined): string[] {
  const unbalanced = [...lanes, ...warmup].filter((lane) => !isBalanced(lane.iterations))
  return [
    ...unbalanced.map(({ iterations: { scheduled, ok, failed, timedOut, unfinished, dropped } }) =>
      invalidity.unbalanced(scheduled, ok + failed + timedOut + unfinished + dropped),
    ),
    ...(sharedOrigin === undefined ? [] : [invalidity.sharedLoop(sharedOrigin)]),
  ]
}

function warningsOf(run: Run, { load, warmup, duration, gracefulStop }: Plan): string[] {
  const { keptUp, reasons } = generatorHealth(run)
  const { iterations } = run
  const warmupErrors = errorRate(run.warmup.iterations)
  const warnings: string[] = []
  if (!keptUp) warnings.push(warning.generatorLate(reasons))
  if (iterations.dropped > 0 && load.kind === 'rate') warnings.push(warning.dropped(iterations.dropped, load.maxVUs))
  if (iterations.unfinished > 0 && !run.aborted) warnings.push(warning.unfinished(iterations.unfinished, gracefulStop))
  if (warmup > 0 && warmupErrors > 0.01) warnings.push(warning.warmupErrors(warmupErrors))
  if (load.kind === 'connections' && load.amount !== undefined && iterations.scheduled < load.amount && !run.aborted) {
    warnings.push(warning.amountNotDone(iterations.scheduled, load.amount, duration))
  }
  return warnings
}

/** Shards send side by side: the one that did worst says whether the generator kept up. */
function worst(healths: readonly GeneratorHealth[]): GeneratorHealth {
  const most = (read: (health: GeneratorHealth) => number) => Math.max(...healths.map(read))
  return {
    samples: healths[0]?.samples ?? [],
    loopDelay: {
      p50: most(({ loopDelay }) => loopDelay.p50),
      p99: most(({ loopDelay }) => loopDelay.p99),
      max: most(({ loopDelay }) => loopDelay.max),
    },
    utilization: most(({ utilization }) => utilization),
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
