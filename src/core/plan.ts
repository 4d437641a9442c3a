// Turns what the user asked for into a complete plan: every default filled in, all mistakes found at once.
import { type Limit, type Limits, parseLimits } from './limit.ts'
import { Problems } from './problems.ts'
import type { Asked, Executor } from './run.ts'
import type { Settings } from './settings.ts'
import { isPlainData, planTarget, type Target, type TargetPlan } from './target.ts'
import { type Duration, parseDuration } from './units.ts'

export interface LoadOptions {
  /** Closed and saturating: so many autocannon connections, each sending its next request at once. Default: 10. */
  readonly connections?: number
  /** Closed: so many virtual users, each beginning its next iteration when the last has ended. */
  readonly vus?: number
  /** Open: so many iterations begin per `per`, whether or not earlier ones have ended. */
  readonly rate?: number
  /** The time that `rate` is for. Default: `'1s'`. */
  readonly per?: Duration
  /** Measured time. Default: `'10s'`. */
  readonly duration?: Duration
  /** With `connections`: so many requests in all instead of a time. */
  readonly amount?: number
  /** With `rate`: at most so many iterations at once; what is due beyond is dropped. Default: rate x timeout, at most 10,000. */
  readonly maxVUs?: number
  /** Load before the measured time, counted apart. Default: 10 % of the duration, at most 5 s, for GET and HEAD over 2 s. */
  readonly warmup?: Duration
  /** Per HTTP request. Default: `'10s'`. Functions have none unless given. */
  readonly timeout?: Duration
  /** How long iterations under way may take after sending has stopped. Default: `'5s'`. */
  readonly gracefulStop?: Duration
  /** Default: method and path of the requests, or the function's name. */
  readonly name?: string
  /** Judged when the test ends, without a matcher. */
  readonly limits?: Limits
  /** End the run as soon as a limit is crossed. Default: false. */
  readonly abortOnBreach?: boolean
  readonly signal?: AbortSignal
}

/** How much load: numbers only, rates per second. */
export type Amount =
  | { readonly kind: 'connections'; readonly connections: number; readonly amount?: number }
  | { readonly kind: 'vus'; readonly vus: number }
  | { readonly kind: 'rate'; readonly rate: number; readonly maxVUs: number }

/** Times in ms. Plain data but for what `target` holds of functions. */
export interface Plan {
  readonly name: string
  readonly executor: Executor
  readonly model: 'open' | 'closed'
  readonly target: TargetPlan
  readonly load: Amount
  readonly asked: Asked
  /** Measured time; with `amount` the longest that is waited for it. */
  readonly duration: number
  readonly warmup: number
  /** Infinity: none. */
  readonly timeout: number
  readonly gracefulStop: number
  readonly limits: readonly Limit[]
  readonly abortOnBreach: boolean
  /** From the first request to the moment at which something must be wrong. */
  readonly deadline: number
}

const optionNames: readonly (keyof LoadOptions)[] = [
  'connections',
  'vus',
  'rate',
  'per',
  'duration',
  'amount',
  'maxVUs',
  'warmup',
  'timeout',
  'gracefulStop',
  'name',
  'limits',
  'abortOnBreach',
  'signal',
]
const howMuch = ['connections', 'vus', 'rate'] as const
const defaultTimeout = 10_000
const longestAmount = 600_000
const margin = 5000
/** A number of ms below this is meant as something else. */
const shortestNumber = 100
// A timer waits 2^31 ms at most, and the deadline is the sum of three times.
const longestTime = 7 * 86_400_000

/** @throws LoadTestError `invalid-options` that lists every mistake of the call */
export function planLoad(target: Target, options: LoadOptions, settings: Settings): Plan {
  const problems = new Problems('load()')
  checkNames(options, problems)
  const resolved = planTarget(target, settings.baseUrl, problems)
  const times = planTimes(options, resolved, problems)
  const load = planAmount(options, { target: resolved, timeout: times.timeout, problems })
  const limits = parseLimits(options.limits ?? {}, problems)
  checkRest(options, problems)
  problems.throwIfAny()
  return {
    name: options.name ?? defaultName(resolved),
    executor: executors[load.kind],
    model: load.kind === 'rate' ? 'open' : 'closed',
    target: resolved,
    load,
    asked: asked(load, times.duration),
    ...times,
    limits,
    abortOnBreach: options.abortOnBreach ?? false,
    deadline: times.warmup + times.duration + times.gracefulStop + margin,
  }
}

const executors = { connections: 'connections', vus: 'constant-vus', rate: 'constant-arrival-rate' } as const

function asked(load: Amount, duration: number): Asked {
  if (load.kind === 'rate') return { rate: load.rate, duration }
  if (load.kind === 'vus') return { vus: load.vus, duration }
  const { connections, amount } = load
  return amount === undefined ? { connections, duration } : { connections, amount }
}

function checkNames(options: LoadOptions, problems: Problems): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    problems.expected('options', "an object such as { rate: 100, duration: '30s' }", options)
    problems.throwIfAny()
  }
  problems.unknownKeys(options, optionNames)
  const given = howMuch.filter((key) => options[key] !== undefined)
  if (given.length > 1) {
    problems.add(given.join(', '), 'give exactly one of connections (autocannon), vus (closed) and rate (open)')
  }
}

function planTimes(options: LoadOptions, target: TargetPlan, problems: Problems) {
  const read = (
    name: 'duration' | 'warmup' | 'timeout' | 'gracefulStop',
    least: 'above 0' | '0 or more',
    missing: number,
  ) => {
    const given = options[name]
    if (given === undefined) return missing
    const time = parseDuration(given)
    if (time === undefined || (time === 0 && least === 'above 0')) {
      problems.expected(name, `a time ${least} such as 10000 or '10s'`, given)
    } else if (time > longestTime) problems.expected(name, 'at most 7 days', given)
    else return time
    return missing
  }
  const duration = read('duration', 'above 0', options.amount === undefined ? 10_000 : longestAmount)
  // Other tools count in seconds: a run of 3 ms measures next to nothing and would pass.
  if (typeof options.duration === 'number' && options.duration > 0 && options.duration < shortestNumber) {
    problems.add('duration', `${options.duration} is ${options.duration} ms: write '${options.duration}s' for seconds`)
  }
  const warmsUp = duration > 2000 && options.amount === undefined && isSafe(target)
  const warmup = read('warmup', '0 or more', warmsUp ? Math.min(duration / 10, 5000) : 0)
  const timeout = read('timeout', 'above 0', target.kind === 'task' ? Number.POSITIVE_INFINITY : defaultTimeout)
  return { duration, warmup, timeout, gracefulStop: read('gracefulStop', '0 or more', 5000) }
}

/** Requests that may be sent more often than asked for without changing anything. */
function isSafe(target: TargetPlan): boolean {
  return (
    isPlainData(target) &&
    target.kind === 'http' &&
    target.requests.every(({ method }) => method === 'GET' || method === 'HEAD')
  )
}

interface AmountContext {
  readonly target: TargetPlan
  readonly timeout: number
  readonly problems: Problems
}

function planAmount(options: LoadOptions, { target, timeout, problems }: AmountContext): Amount {
  const count = (name: 'connections' | 'vus' | 'amount' | 'maxVUs', fallback: number) => {
    const value = options[name]
    if (value === undefined) return fallback
    if (Number.isInteger(value) && value > 0) return value
    problems.expected(name, 'a whole number above 0', value)
    return fallback
  }
  if (options.rate === undefined) {
    for (const name of ['per', 'maxVUs'] as const)
      if (options[name] !== undefined) problems.add(name, 'goes with rate only')
  }
  const [connections, vus] = [count('connections', 10), count('vus', 10)]
  const plainVus = options.vus !== undefined || (target.kind === 'task' && options.connections === undefined)
  const kind = options.rate !== undefined ? 'rate' : plainVus ? 'vus' : 'connections'
  if (options.amount !== undefined && kind !== 'connections') problems.add('amount', 'goes with connections only')
  if (options.amount !== undefined && options.duration !== undefined)
    problems.add('amount, duration', 'give one of them')
  if (kind === 'rate') {
    const rate = planRate(options, problems)
    const patience = Number.isFinite(timeout) ? timeout : defaultTimeout
    return { kind, rate, maxVUs: count('maxVUs', Math.max(1, Math.min(Math.ceil((rate * patience) / 1000), 10_000))) }
  }
  if (kind === 'vus') return { kind, vus }
  if (target.kind === 'task') problems.add('connections', 'drives HTTP requests; for a function say vus or rate')
  else if (new Set(target.requests.map(({ origin }) => origin)).size > 1) {
    problems.add('connections', 'drives one origin; for requests to several say vus or rate')
  }
  const amount = options.amount === undefined ? undefined : count('amount', 1)
  return { kind, connections, ...(amount === undefined ? {} : { amount }) }
}

function planRate({ rate, per = 1000 }: LoadOptions, problems: Problems): number {
  const span = parseDuration(per)
  const perSecond = typeof rate === 'number' ? (rate * 1000) / (span || 1000) : Number.NaN
  const isRate = Number.isFinite(perSecond) && perSecond > 0
  if (!isRate) problems.expected('rate', 'iterations per second above 0', rate)
  if (!span) problems.expected('per', "a time above 0 such as '1s' or '1m'", per)
  return isRate ? perSecond : 1
}

function checkRest({ name, signal, abortOnBreach, limits }: LoadOptions, problems: Problems): void {
  if (name !== undefined && (typeof name !== 'string' || name === '')) problems.expected('name', 'a text', name)
  if (signal !== undefined && typeof signal?.addEventListener !== 'function') {
    problems.expected('signal', 'an AbortSignal', signal)
  }
  if (abortOnBreach !== undefined && typeof abortOnBreach !== 'boolean') {
    problems.expected('abortOnBreach', 'true or false', abortOnBreach)
  }
  if (abortOnBreach && limits === undefined) problems.add('abortOnBreach', 'needs limits to breach')
}

function defaultName(target: TargetPlan): string {
  if (target.kind === 'task') return target.run.name || 'function'
  const names = [...new Set(target.requests.map((request) => request.name))]
  return names.length <= 2 ? names.join(', ') : `${names[0]} and ${names.length - 1} more`
}

/** Names of the series of a plan: one per request name, or the function. */
export function seriesOf({ target, name }: Plan): string[] {
  return target.kind === 'task' ? [name] : [...new Set(target.requests.map((request) => request.name))]
}
