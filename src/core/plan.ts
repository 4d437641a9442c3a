// Turns what the user asked for into a complete plan: every default filled in, all mistakes found at once.
import { type Amount, isFixedAmount, planAmount } from './amount.ts'
import { lanePlans } from './lane-plan.ts'
import { type LeakPlan, planLeaks } from './leak.ts'
import { canBreachEarly, type Limit } from './limit.ts'
import { checkLimitedSeries, parseLimits } from './limit-parser.ts'
import { type LoadOptions, loadOptionNames } from './load-options.ts'
import { planMonitor } from './monitored-pids.ts'
import { whereItBelongs } from './option-places.ts'
import { checkProbes } from './probe.ts'
import { Problems, show } from './problems.ts'
import { type ProfileMode, profileModes } from './profile-mode.ts'
import type { Asked, Executor } from './run.ts'
import type { Settings } from './settings.ts'
import { peakLevel, type StagePlan } from './stage.ts'
import { isPlainData, planTarget, type Target, type TargetPlan } from './target.ts'
import { meantAsSeconds, parseDuration, shortestNumber } from './units.ts'

/** Times in ms. Plain data but for what `target` holds of functions. */
export interface Plan {
  readonly name: string
  readonly executor: Executor
  readonly model: 'open' | 'closed'
  readonly target: TargetPlan
  readonly load: Amount
  /** Connections, users or iterations per second over the measured time. */
  readonly stages: readonly StagePlan[]
  readonly asked: Asked
  /** Measured time; of a fixed amount the longest that is waited for it. */
  readonly duration: number
  readonly warmup: number
  /** Infinity: none. */
  readonly timeout: number
  readonly gracefulStop: number
  readonly workers: number
  readonly insecure: boolean
  readonly seed: number
  readonly limits: readonly Limit[]
  readonly abortOnBreach: boolean
  /** Pids of servers that serve() did not start; undefined: whoever listens where the load goes. */
  readonly monitor: readonly number[] | undefined
  readonly profile: ProfileMode
  readonly allocations: ProfileMode
  /** Leaks are looked for: `duration` is then the longest that the load may go on. */
  readonly leaks: LeakPlan | undefined
  /** From the first request to the moment at which something must be wrong. */
  readonly deadline: number
}

const usualDuration = 10_000
const usualTimeout = 10_000
const longestAmount = 600_000
const margin = 5000
/** Heap snapshots of large servers, and collections before and after the load. */
const leakMargin = 300_000
// A timer waits 2^31 ms at most, and the deadline is the sum of three times.
const longestTime = 7 * 86_400_000

/** @throws LoadTestError `invalid-options` that lists every mistake of the call */
export function planLoad(target: Target, options: LoadOptions, settings: Settings): Plan {
  const problems = new Problems('load()')
  checkOptions(options, problems)
  const resolved = planTarget(target, settings.baseUrl, problems)
  const timeout = readTime(options, problems, {
    name: 'timeout',
    missing: resolved.kind === 'task' ? Number.POSITIVE_INFINITY : usualTimeout,
  })
  const asked = planDuration(options, problems)
  const leaks = planLeaks(options.leaks, { duration: asked, problems })
  checkLeaks(options, problems)
  const longest = leaks?.longest ?? asked
  const amount = planAmount(options, { target: resolved, duration: longest, timeout, problems })
  const duration = (amount.stages.at(-1) as StagePlan).end
  if (options.stages !== undefined) checkStages(resolved, amount.stages, problems)
  if (duration > longestTime) problems.expected('stages', 'at most 7 days in all', `${duration} ms`)
  const warmup = planWarmup(options, { target: resolved, stages: amount.stages, problems }, leaks ? asked : duration)
  const gracefulStop = readTime(options, problems, { name: 'gracefulStop', missing: 5000, mayBeNone: true })
  const limits = parseLimits(options.limits ?? {}, problems)
  checkProbes(options.probes, problems)
  checkLimitedSeries(limits, options.probes, problems)
  checkBreach(options, limits, problems)
  const monitor = planMonitor(options.monitor, problems)
  checkRest(options, problems)
  checkWorkers(options, { target: resolved, stages: amount.stages, problems })
  problems.throwIfAny()
  const { seed = 1, workers = 1 } = options
  const isRandom = options.arrivals === 'poisson' || typeof options.thinkTime === 'object'
  return {
    name: options.name ?? defaultName(resolved),
    model: amount.load.kind === 'rate' ? 'open' : 'closed',
    target: resolved,
    ...amount,
    asked: {
      ...amount.asked,
      ...(leaks ? { duration: asked } : {}),
      ...(isRandom ? { seed } : {}),
      ...(workers > 1 ? { workers } : {}),
    },
    ...{ duration, warmup, timeout, gracefulStop, limits, seed, workers },
    insecure: options.insecure ?? false,
    abortOnBreach: options.abortOnBreach ?? false,
    monitor,
    profile: options.profile ?? 'on-failure',
    allocations: options.allocations ?? 'off',
    leaks,
    deadline: warmup + duration + gracefulStop + margin + (leaks ? leakMargin : 0),
  }
}

function checkOptions(options: LoadOptions, problems: Problems): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.expected('options', "an object such as { rate: 100, duration: '30s' }", options)
    problems.throwIfAny()
  }
  problems.unknownKeys(options, loadOptionNames, { elsewhere: whereItBelongs })
}

function checkLeaks(options: LoadOptions, problems: Problems): void {
  if (options.leaks === undefined) return
  if (isFixedAmount(options)) problems.add('leaks', 'need a load that lasts: give a duration instead of an amount')
  if (options.stages !== undefined) problems.add('leaks', 'need a load that stays the same: leave stages out')
}

function checkBreach({ abortOnBreach, limits = {} }: LoadOptions, parsed: readonly Limit[], problems: Problems): void {
  // What is no limit is told already.
  const isParsed = parsed.length > 0 || Object.keys(limits).length === 0
  if (abortOnBreach !== true || !isParsed || parsed.some(canBreachEarly)) return
  problems.add('abortOnBreach', 'needs a limit on latency, errors or drops: all others are judged at the end')
}

interface TimeOption {
  readonly name: 'duration' | 'warmup' | 'timeout' | 'gracefulStop'
  readonly missing: number
  readonly mayBeNone?: boolean
}

function readTime(options: LoadOptions, problems: Problems, { name, missing, mayBeNone = false }: TimeOption): number {
  const given = options[name]
  if (given === undefined) return missing
  const time = parseDuration(given)
  if (time === undefined || (time === 0 && !mayBeNone)) {
    problems.expected(name, `a time ${mayBeNone ? '0 or more' : 'above 0'} such as 10000 or '10s'`, given)
  } else if (time > longestTime) problems.expected(name, 'at most 7 days', given)
  else return time
  return missing
}

/** Of everything but stages. */
function planDuration(options: LoadOptions, problems: Problems): number {
  const { duration } = options
  // A run of 3 ms measures next to nothing and would pass.
  if (typeof duration === 'number' && duration > 0 && duration < shortestNumber) {
    problems.add('duration', meantAsSeconds(duration))
  }
  return readTime(options, problems, {
    name: 'duration',
    missing: isFixedAmount(options) ? longestAmount : usualDuration,
  })
}

interface WarmupContext {
  readonly target: TargetPlan
  readonly stages: readonly StagePlan[]
  readonly problems: Problems
}

/** Before the measured time the load is that of its beginning. @param duration that was asked for, ms */
function planWarmup(options: LoadOptions, { target, stages, problems }: WarmupContext, duration: number): number {
  const startsAtNone = (stages[0] as StagePlan).from === 0
  const warmsUp = duration > 2000 && !isFixedAmount(options) && isSafe(target) && !startsAtNone
  const warmup = readTime(options, problems, {
    name: 'warmup',
    missing: warmsUp ? Math.min(duration / 10, 5000) : 0,
    mayBeNone: true,
  })
  if (warmup > 0 && startsAtNone) {
    problems.add('warmup', 'has the level of the first stage, which begins at 0: give that stage a `from`')
  }
  return warmup
}

/** Requests that may be sent more often than asked for without changing anything. */
function isSafe(target: TargetPlan): boolean {
  return (
    isPlainData(target) &&
    target.kind === 'http' &&
    target.requests.every(({ method }) => method === 'GET' || method === 'HEAD')
  )
}

function checkRest(options: LoadOptions, problems: Problems): void {
  const { name, signal, abortOnBreach, insecure, seed } = options
  for (const key of ['profile', 'allocations'] as const) {
    const mode = options[key]
    if (mode === undefined || profileModes.includes(mode)) continue
    problems.expected(key, "'always', 'on-failure' or 'off'", mode)
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) problems.expected('name', 'a text', name)
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    problems.expected('signal', 'an AbortSignal', signal)
  }
  if (abortOnBreach !== undefined && typeof abortOnBreach !== 'boolean') {
    problems.expected('abortOnBreach', 'true or false', abortOnBreach)
  }
  if (insecure !== undefined && typeof insecure !== 'boolean') problems.expected('insecure', 'true or false', insecure)
  if (seed !== undefined && !Number.isSafeInteger(seed)) problems.expected('seed', 'a whole number', seed)
}

/** Each keeps histograms of its own: together about 60 MB. */
const mostSeries = 400

function checkStages(target: TargetPlan, stages: readonly StagePlan[], problems: Problems): void {
  const requests = requestNames(target)
  const shared = stages.find(({ name }) => requests.includes(name))
  if (shared) problems.add('stages', `${show(shared.name)} is the name of a request: call the stage something else`)
  const lanes = lanePlans(target, '')
  if (stages.length * lanes.length <= mostSeries) return
  const product = `${stages.length} stages of ${lanes.length} requests`
  problems.add(
    'stages',
    `${product} are too many to be told apart: at most ${mostSeries} in all; join stages, or give requests a common name`,
  )
}

/** More threads than this only take processors from each other. */
const mostWorkers = 64

function checkWorkers(
  { workers, batch, iterations, amount, maxVUs }: LoadOptions,
  { target, stages, problems }: WarmupContext,
): void {
  if (workers === undefined) return
  if (!Number.isInteger(workers) || workers < 1 || workers > mostWorkers) {
    problems.expected('workers', `a whole number of threads from 1 to ${mostWorkers}`, workers)
  } else if (workers > 1) {
    if (!isPlainData(target)) {
      problems.add('workers', 'a function cannot leave the thread it was written in: only plain requests have several')
    }
    if (batch !== undefined) problems.add('workers', 'a batch is waited for as one: leave workers out')
    const level = Math.min(peakLevel(stages), iterations ?? amount ?? Number.POSITIVE_INFINITY)
    if (maxVUs !== undefined && maxVUs < workers) {
      problems.add('workers', `${workers} threads share ${maxVUs} maxVUs: some could not send anything`)
    }
    if (level < workers)
      problems.add('workers', `${workers} threads for a load of ${level}: some would have nothing to send`)
  }
}

function defaultName(target: TargetPlan): string {
  if (target.kind === 'task') return target.run.name || 'function'
  const names = requestNames(target)
  return names.length <= 2 ? names.join(', ') : `${names[0]} and ${names.length - 1} more`
}

/** Names of the series of a plan: one per request name and server, or the function. */
export function seriesOf({ target, name }: Plan): string[] {
  return lanePlans(target, name).map((lane) => lane.name)
}

function requestNames(target: TargetPlan): string[] {
  return target.kind === 'task' ? [] : [...new Set(target.requests.map(({ name }) => name))]
}

/** How many measured iterations are asked for, none of the warm-up among them; undefined where time says the end. */
export function fixedAmount({ load, stages }: Plan): number | undefined {
  if (load.kind === 'connections') return load.amount
  if (load.kind === 'rate' || load.quota === undefined) return undefined
  return load.quota.kind === 'shared' ? load.quota.iterations : load.quota.iterations * peakLevel(stages)
}
