// How much load, by whom: which executor the options ask for, and what goes with it.
import type { LoadOptions } from './load-options.ts'
import { type Problems, show } from './problems.ts'
import type { Asked, Executor } from './run.ts'
import type { Spacing } from './schedule.ts'
import { peakLevel, planStages, type StagePlan, steady, unitOf } from './stage.ts'
import type { TargetPlan } from './target.ts'
import { parseDuration } from './units.ts'

/** Numbers only, times in ms. How many connections, users or iterations per second is a matter of the plan's stages. */
export type Amount =
  | { readonly kind: 'connections'; readonly pipelining: number; readonly amount?: number }
  | { readonly kind: 'vus'; readonly quota?: Quota; readonly thinkTime?: ThinkTime }
  | { readonly kind: 'rate'; readonly maxVUs: number; readonly spacing: Spacing }

/** So many iterations instead of a time. */
export type Quota =
  | { readonly kind: 'shared'; readonly iterations: number; readonly batch?: number }
  | { readonly kind: 'per-vu'; readonly iterations: number }

export interface ThinkTime {
  readonly min: number
  readonly max: number
}

export interface AmountPlan {
  readonly executor: Executor
  readonly load: Amount
  /** One that is steady unless the options have stages. */
  readonly stages: readonly StagePlan[]
  readonly asked: Asked
}

interface AmountContext {
  readonly target: TargetPlan
  /** For all but stages, ms. */
  readonly duration: number
  readonly timeout: number
  readonly problems: Problems
}

interface CountedContext extends AmountContext {
  readonly counts: Counts
}

const howMuch = ['connections', 'vus', 'rate', 'stages'] as const
const mostUsers = 10_000
const usualTimeout = 10_000

/** Who each option goes with, in words; a kind of load that is not in its list refuses it. */
const goesWith: readonly (readonly [keyof LoadOptions, readonly Amount['kind'][], string])[] = [
  ['pipelining', ['connections'], 'connections'],
  ['amount', ['connections'], 'connections'],
  ['iterations', ['vus'], 'vus'],
  ['batch', ['vus'], 'vus and iterations'],
  ['iterationsPerVu', ['vus'], 'vus'],
  ['thinkTime', ['vus'], 'vus'],
  ['per', ['rate'], 'rate'],
  ['arrivals', ['rate'], 'rate'],
  ['maxVUs', ['rate'], 'rate'],
]

/** Whether the options ask for so many iterations instead of a time. */
export function isFixedAmount({ amount, iterations, iterationsPerVu }: LoadOptions): boolean {
  return [amount, iterations, iterationsPerVu].some((count) => count !== undefined)
}

export function planAmount(options: LoadOptions, context: AmountContext): AmountPlan {
  const { problems } = context
  const counted = { ...context, counts: readCounts(options, problems) }
  const given = howMuch.filter((key) => options[key] !== undefined)
  if (given.length > 1) {
    problems.add(given.join(', '), 'give exactly one of connections (autocannon), vus (closed), rate (open) and stages')
  }
  const kind = kindOf(options, context.target)
  for (const [name, kinds, words] of goesWith) {
    if (options[name] !== undefined && !kinds.includes(kind)) problems.add(name, `goes with ${words} only`)
  }
  const lengths = (['duration', 'amount', 'iterations', 'iterationsPerVu', 'stages'] as const).filter(
    (name) => options[name] !== undefined,
  )
  if (lengths.length > 1) problems.add(lengths.join(', '), 'each says when the run ends: give one of them')
  if (kind === 'rate') return planRate(options, counted)
  return kind === 'vus' ? planUsers(options, counted) : planConnections(counted)
}

function kindOf(options: LoadOptions, target: TargetPlan): Amount['kind'] {
  if (options.stages !== undefined) return unitOf(options.stages)
  if (options.rate !== undefined) return 'rate'
  if (options.vus !== undefined) return 'vus'
  if (options.connections !== undefined) return 'connections'
  const isCounted = options.iterations !== undefined || options.iterationsPerVu !== undefined
  return isCounted || target.kind === 'task' ? 'vus' : 'connections'
}

function planConnections({ target, duration, problems, counts }: CountedContext): AmountPlan {
  if (target.kind === 'task') problems.add('connections', 'drives HTTP requests; for a function say vus or rate')
  else if (new Set(target.requests.map(({ origin }) => origin)).size > 1) {
    problems.add('connections', 'drives one origin; for requests to several say vus or rate')
  }
  const { connections = 10, pipelining, amount } = counts
  return {
    executor: 'connections',
    load: { kind: 'connections', pipelining: pipelining ?? 1, ...(amount === undefined ? {} : { amount }) },
    stages: steady(connections, duration),
    asked: { connections, ...present({ pipelining, amount }), ...(amount === undefined ? { duration } : {}) },
  }
}

function planUsers(options: LoadOptions, { duration, problems, counts }: CountedContext): AmountPlan {
  const thinks = present({ thinkTime: planThinkTime(options, problems) })
  const load = { kind: 'vus', ...thinks } as const
  if (options.stages !== undefined) {
    const { stages, asked } = planStaged(options, 1, problems)
    return { executor: 'ramping-vus', load, stages, asked: { ...asked, ...thinks } }
  }
  const { iterations, batch, iterationsPerVu } = counts
  if (batch !== undefined && iterations === undefined) problems.add('batch', 'goes with vus and iterations only')
  const vus = counts.vus ?? Math.min(batch ?? 10, iterations ?? Number.POSITIVE_INFINITY)
  const shape = { stages: steady(vus, duration), asked: { vus, ...thinks } }
  if (iterations !== undefined) {
    const quota: Quota = { kind: 'shared', iterations, ...present({ batch }) }
    const asked = { ...shape.asked, iterations, ...present({ batch }) }
    return { executor: 'shared-iterations', load: { ...load, quota }, ...shape, asked }
  }
  if (iterationsPerVu !== undefined) {
    const quota: Quota = { kind: 'per-vu', iterations: iterationsPerVu }
    return {
      executor: 'per-vu-iterations',
      load: { ...load, quota },
      ...shape,
      asked: { ...shape.asked, iterationsPerVu },
    }
  }
  return { executor: 'constant-vus', load, ...shape, asked: { ...shape.asked, duration } }
}

function planRate(options: LoadOptions, { duration, timeout, problems, counts }: CountedContext): AmountPlan {
  const per = parseDuration(options.per ?? 1000)
  if (!per) problems.expected('per', "a time above 0 such as '1s' or '1m'", options.per)
  const spacing = options.arrivals ?? 'uniform'
  if (spacing !== 'uniform' && spacing !== 'poisson') {
    problems.add('arrivals', `expected 'uniform' or 'poisson', got ${show(spacing)}`)
  }
  const staged = options.stages !== undefined
  const rate = staged ? 1 : planSteadyRate(options, per || 1000, problems)
  const { stages, asked } = staged
    ? planStaged(options, per || 1000, problems)
    : { stages: steady(rate, duration), asked: { rate, duration } }
  const patience = Number.isFinite(timeout) ? timeout : usualTimeout
  const usual = Math.ceil((peakLevel(stages) * patience) / 1000)
  const maxVUs = counts.maxVUs ?? Math.max(1, Math.min(usual, mostUsers))
  return {
    executor: staged ? 'ramping-arrival-rate' : 'constant-arrival-rate',
    load: { kind: 'rate', maxVUs, spacing },
    stages,
    asked: { ...asked, ...(spacing === 'poisson' ? { arrivals: spacing } : {}) },
  }
}

function planSteadyRate({ rate }: LoadOptions, per: number, problems: Problems): number {
  const perSecond = typeof rate === 'number' ? (rate * 1000) / per : Number.NaN
  if (Number.isFinite(perSecond) && perSecond > 0) return perSecond
  problems.expected('rate', 'iterations per second above 0', rate)
  return 1
}

function planStaged({ stages: given = [] }: LoadOptions, per: number, problems: Problems) {
  const unit = unitOf(given)
  const stages = planStages(given, { per, problems })
  return {
    stages,
    asked: {
      duration: (stages.at(-1) as StagePlan).end,
      stages: stages.map(({ name, start, end, from, to }) => ({ name, duration: end - start, from, [unit]: to })),
    },
  }
}

function planThinkTime({ thinkTime }: LoadOptions, problems: Problems): ThinkTime | undefined {
  if (thinkTime === undefined) return undefined
  const isRange = typeof thinkTime === 'object' && thinkTime !== null
  const { min: least, max: most } = isRange ? thinkTime : { min: thinkTime, max: thinkTime }
  const [min, max] = [parseDuration(least), parseDuration(most)]
  if (min !== undefined && max !== undefined && min <= max) return max === 0 ? undefined : { min, max }
  problems.expected('thinkTime', "a time such as '500ms', or { min: '1s', max: '3s' }", thinkTime)
  return undefined
}

const countNames = [
  'connections',
  'pipelining',
  'amount',
  'vus',
  'iterations',
  'batch',
  'iterationsPerVu',
  'maxVUs',
] as const

type Counts = { readonly [name in (typeof countNames)[number]]?: number }

/** All of them, also those that do not belong here: every mistake is told at once. */
function readCounts(options: LoadOptions, problems: Problems): Counts {
  const given = countNames.filter((name) => options[name] !== undefined)
  return Object.fromEntries(
    given.map((name) => {
      const value = options[name] as number
      const isCount = Number.isInteger(value) && value > 0
      if (!isCount) problems.expected(name, 'a whole number above 0', value)
      return [name, isCount ? value : 1]
    }),
  )
}

type Present<Values> = { [key in keyof Values]?: Exclude<Values[key], undefined> }

/** Without those that are undefined. */
function present<Values extends object>(values: Values): Present<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<Values>
}
