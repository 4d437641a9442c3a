// The matchers: one row each, from what a test writes to the limits that are judged.
import type { MatcherState } from 'vitest'
import { LoadTestError } from '../core/errors.ts'
import { type Limit, type Limits, type Relation, strictly } from '../core/limit.ts'
import { parseLimits, parseValue } from '../core/limit-parser.ts'
import { Problems, show } from '../core/problems.ts'
import { Run } from '../core/run.ts'
import type { SeriesStatistic } from '../core/series.ts'
import { unknownSeries } from '../core/series-metric.ts'
import { Slice } from '../core/slice.ts'
import { judge, negate, type Verdict } from '../core/verdict.ts'
import { callSite, pointingTo } from './call-site.ts'
import { describeVerdict, describeVerdicts } from './failure-message.ts'

/** The running test; undefined in hooks and in asymmetric use (`expect.toHaveP95Below(300)` inside `toEqual`). */
export type MatcherTask = MatcherState['task']

/** What the matchers need of the test that they run in. */
export interface MatcherHost {
  /** A matcher that must be awaited has begun; the returned function is called when it has settled. */
  started(task: MatcherTask, matcher: MatcherCall): () => void
  /** Records a verdict. With `.not` that on the opposite limit, so that pass is what the test wants. */
  judged(slice: Slice, verdict: Verdict, task: MatcherTask): void
  /** Throws or skips. Where it returns, the expectation counts as not judged and the test goes on. */
  inconclusive(message: string, call: { readonly task: MatcherTask; readonly site: string }): void
}

export interface MatcherCall {
  readonly name: string
  /** The stack lines of the call. */
  readonly site: string
}

/** What a matcher's arguments ask for. Adds problems; what it returns is complete only without them. */
type Row = (args: readonly unknown[], problems: Problems) => readonly Limit[]

const rows = {
  toHaveP50Below: limited('p50', 'below'),
  toHaveP90Below: limited('p90', 'below'),
  toHaveP95Below: limited('p95', 'below'),
  toHaveP99Below: limited('p99', 'below'),
  toHavePercentileBelow: percentileBelow,
  toHaveMeanBelow: limited('mean', 'below'),
  toHaveMaxBelow: limited('max', 'below'),
  toHaveErrorRateBelow: limited('errorRate', 'below'),
  toHaveNoErrors: none('errorRate'),
  toHaveThroughputAbove: limited('throughput', 'above'),
  toSustainRate: limited('rate', 'at least'),
  toHaveNoDroppedIterations: none('dropped'),
  toHaveCheckRateAbove: limited('checks', 'above'),
  toHaveCpuBelow: limitedOfServers('cpu'),
  toHaveMemoryBelow: limitedOfServers('memory'),
  toHaveHeapBelow: limitedOfServers('heap'),
  toHaveEventLoopDelayBelow: limitedOfServers('loopDelay'),
  toHaveGcPauseBelow: limitedOfServers('gcPause'),
  toHaveOpenHandlesBelow: limitedOfServers('handles'),
  toHaveDiskReadBelow: limitedOfServers('diskRead'),
  toHaveDiskWriteBelow: limitedOfServers('diskWrite'),
  toHaveSentBelow: limitedOfServers('sent'),
  toHaveReceivedBelow: limitedOfServers('received'),
  toHaveMemoryGrowthBelow: limited('memoryGrowth', 'below'),
  toHaveNoMemoryLeak: none('memoryLeak'),
  toHaveSeriesMaxBelow: limitedSeries('max'),
  toHaveSeriesMeanBelow: limitedSeries('mean'),
  toHaveSeriesLastBelow: limitedSeries('last'),
  toHaveSeriesGrowthBelow: limitedSeries('growth'),
  toMeet: meetAll,
} satisfies Record<string, Row>

export type MatcherName = keyof typeof rows

export const matcherNames = Object.freeze(Object.keys(rows)) as readonly MatcherName[]

interface Result {
  readonly pass: boolean
  readonly message: () => string
}

type Matcher = (this: MatcherState, received: unknown, ...args: unknown[]) => Result | Promise<Result>

/** What `expect.extend` takes. */
export function createMatchers(host: MatcherHost): Record<MatcherName, Matcher> {
  const matchers = matcherNames.map((name) => [name, createMatcher(name, host)] as const)
  return Object.fromEntries(matchers) as Record<MatcherName, Matcher>
}

function createMatcher(name: MatcherName, host: MatcherHost): Matcher {
  return function matcher(received, ...args) {
    const site = callSite()
    return pointingTo(site, () => {
      const limits = readCall(name, received, args)
      if (received instanceof Slice) checkSeries(name, received, limits)
      const expectation: Expectation = { limits, task: this.task, isNot: this.isNot, host, site }
      if (received instanceof Slice) return conclude(received, expectation)
      // Only a matcher on a value has a task, even if undefined; vitest cannot wait for an asymmetric one.
      if ('task' in this) return startAndConclude(name, received as PromiseLike<unknown>, expectation)
      throw new LoadTestError('invalid-options', `expect.${name}(): expected a run that has ended: await it before`)
    })
  }
}

function readCall(name: MatcherName, received: unknown, args: readonly unknown[]): readonly Limit[] {
  const problems = new Problems(`${name}()`)
  if (!isThenable(received)) checkSlice(received, problems)
  const limits = rows[name](args, problems)
  problems.throwIfAny()
  return limits
}

function checkSlice(received: unknown, problems: Problems): void {
  const measured = 'a run of load() or a part of one such as run.request(name)'
  if (!(received instanceof Slice)) problems.expected('expect()', measured, received)
  else if (isWarmup(received))
    problems.add('expect()', `expected ${measured}, got the warm-up, which is not measured: judge the run itself`)
}

/** A name that the run does not know is a mistake, not a number that is missing. */
function checkSeries(name: MatcherName, { usage }: Slice, limits: readonly Limit[]): void {
  const problems = new Problems(`${name}()`)
  for (const series of new Set(limits.flatMap((limit) => limit.series?.name ?? []))) {
    const fault = unknownSeries(usage, series)
    if (fault !== undefined) problems.add('series', fault)
  }
  problems.throwIfAny()
}

function isWarmup({ name, data }: Slice): boolean {
  return name === Run.from(data).warmup.name
}

interface Expectation {
  readonly limits: readonly Limit[]
  readonly task: MatcherTask
  readonly isNot: boolean
  readonly host: MatcherHost
  readonly site: string
}

async function startAndConclude(name: MatcherName, value: PromiseLike<unknown>, expectation: Expectation) {
  const { host, task, site } = expectation
  const settled = host.started(task, { name, site })
  try {
    const run = await value
    return pointingTo(site, () => {
      const problems = new Problems(`${name}()`)
      checkSlice(run, problems)
      problems.throwIfAny()
      checkSeries(name, run as Slice, expectation.limits)
      return conclude(run as Slice, expectation)
    })
  } finally {
    settled()
  }
}

/** All limits met is a pass, one not met a fail, whatever the others are; otherwise one that is unknown decides. */
function conclude(slice: Slice, { limits, task, isNot, host, site }: Expectation): Result {
  const verdicts = limits.map((limit) => judge(slice, limit))
  const pass = verdicts.every(({ status }) => status === 'pass')
  const fail = verdicts.some(({ status }) => status === 'fail')
  const shown = isNot ? verdicts.filter(({ status }) => !fail || status === 'fail').map(negate) : verdicts
  for (const verdict of shown) host.judged(slice, verdict, task)
  const message = () => describe(shown, slice)
  if (pass || fail) return { pass, message }
  host.inconclusive(message(), { task, site })
  return { pass: !isNot, message }
}

function describe(verdicts: readonly Verdict[], slice: Slice): string {
  const [only, ...others] = verdicts
  return only && others.length === 0 ? describeVerdict(only, slice) : describeVerdicts(verdicts, slice)
}

function limited(metric: Exclude<Limit['metric'], 'percentile' | 'series'>, relation: Relation): Row {
  return ([given, ...more], problems) => {
    refuse(more, problems)
    const value = parseValue({ name: 'limit', metric, problems }, relation, given)
    return value === undefined ? [] : [{ metric, relation, value }]
  }
}

/** Nothing at all of it. */
function none(metric: 'errorRate' | 'dropped' | 'memoryLeak'): Row {
  return (given, problems) => {
    refuse(given, problems)
    return [{ metric, relation: 'at most', value: 0 }]
  }
}

function refuse([surplus]: readonly unknown[], problems: Problems): void {
  if (surplus !== undefined) problems.add('arguments', `one too many: ${show(surplus)}`)
}

/** Also `(limit, { per: 'vu' })`. */
function limitedOfServers(metric: Exclude<Limit['metric'], 'percentile' | 'series'>): Row {
  const whole = limited(metric, 'below')
  return ([given, options], problems) => {
    const limits = whole([given], problems)
    if (options === undefined) return limits
    const { per } = (options ?? {}) as { readonly per?: unknown }
    if (per !== 'vu') problems.expected('options', "{ per: 'vu' }", options)
    return limits.map((limit) => ({ ...limit, per: 'vu' }))
  }
}

function limitedSeries(statistic: SeriesStatistic): Row {
  return ([name, given, ...more], problems) => {
    refuse(more, problems)
    if (typeof name !== 'string' || name === '') {
      problems.expected(
        'name',
        "that of a probe such as 'pool.waiting', or of a server's number such as 'memory'",
        name,
      )
    }
    const series = { name: String(name), statistic }
    const value = parseValue({ name: 'limit', metric: 'series', series, problems }, 'below', given)
    return value === undefined ? [] : [{ metric: 'series', series, relation: 'below', value }]
  }
}

function percentileBelow([q, given, ...more]: readonly unknown[], problems: Problems): readonly Limit[] {
  refuse(more, problems)
  const isShare = typeof q === 'number' && q > 0 && q < 1
  if (!isShare) problems.expected('q', 'a share between 0 and 1 such as 0.95', q)
  const value = parseValue({ name: 'limit', metric: 'percentile', problems }, 'below', given)
  return isShare && value !== undefined ? [{ metric: 'percentile', q, relation: 'below', value }] : []
}

function meetAll([given, options]: readonly unknown[], problems: Problems): readonly Limit[] {
  const limits = parseLimits(given as Limits, problems)
  const { strict = false } = (options ?? {}) as { readonly strict?: unknown }
  const isObject = options === undefined || (typeof options === 'object' && options !== null)
  if (!isObject) problems.expected('options', 'an object such as { strict: true }', options)
  else problems.unknownKeys(options ?? {}, ['strict'])
  if (typeof strict !== 'boolean') problems.expected('strict', 'true or false', strict)
  if (problems.none && limits.length === 0) {
    problems.expected('limits', 'at least one limit such as { p95: 300 }', given)
  }
  return strict === true ? limits.map(strictly) : limits
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}
