// Well-known shapes of load as stages: ramp, steps, spike, soak.
import { Problems } from './problems.ts'
import type { Stage, StageUnit } from './stage.ts'
import { type Duration, formatNumber, meantAsSeconds, parseDuration, shortestNumber } from './units.ts'

/** The levels of a shape: virtual users (closed) or iterations per second (open). Exactly one of them. */
export interface ShapeLevels {
  readonly vus?: readonly number[]
  readonly rate?: readonly number[]
}

/** The level of a shape that has one: virtual users (closed) or iterations per second (open). Exactly one of them. */
export interface ShapeLevel {
  readonly vus?: number
  readonly rate?: number
}

/**
 * From the first level evenly to the second, the third and so on, each way as long as the others.
 * `ramp({ vus: [0, 50, 50, 0], each: '30s' })` has the stages `0 to 50 VUs`, `50 VUs`, `50 to 0 VUs`.
 *
 * @throws LoadTestError `invalid-options`
 */
export function ramp({ each, ...levels }: ShapeLevels & { readonly each: Duration }): Stage[] {
  const { unit, list } = readLevels('ramp()', levels, { least: 2, each })
  return named(
    list.slice(1).map((to, index) => {
      const from = list[index] as number
      const name = from === to ? inWords(to, unit) : `${formatNumber(from)} to ${inWords(to, unit)}`
      return { from, [unit]: to, duration: each, name }
    }),
  )
}

/**
 * Every level for the same time, with a jump from one to the next.
 * `steps({ rate: [10, 50, 100], each: '1m' })` has the stages `10/s`, `50/s`, `100/s`.
 *
 * @throws LoadTestError `invalid-options`
 */
export function steps({ each, ...levels }: ShapeLevels & { readonly each: Duration }): Stage[] {
  const { unit, list } = readLevels('steps()', levels, { least: 1, each })
  return named(list.map((level) => ({ from: level, [unit]: level, duration: each, name: inWords(level, unit) })))
}

/**
 * A jump up and back: the stages `before`, `spike` and `after`, `before` and `after` at the level `base` (default: 0) for
 * the time `around` (default: the same `duration`).
 *
 * @throws LoadTestError `invalid-options`
 */
export function spike({
  base = 0,
  duration,
  around = duration,
  ...level
}: ShapeLevel & { readonly base?: number; readonly duration: Duration; readonly around?: Duration }): Stage[] {
  const { unit, list } = readLevels('spike()', listed(level), { least: 0, duration, around, base: [base] })
  const peak = list[0] as number
  const hold = (name: string, at: number, time: Duration) => ({ from: at, [unit]: at, duration: time, name })
  return [hold('before', base, around), hold('spike', peak, duration), hold('after', base, around)]
}

/**
 * A long time at one level: the stages `rise`, evenly from 0 in the time `rise` (default: 10 % of the duration, at most
 * a minute), and `soak`.
 *
 * @throws LoadTestError `invalid-options`
 */
export function soak({
  duration,
  rise = Math.min((parseDuration(duration) ?? 0) / 10, 60_000) || 1,
  ...level
}: ShapeLevel & { readonly duration: Duration; readonly rise?: Duration }): Stage[] {
  const { unit, list } = readLevels('soak()', listed(level), { least: 0, duration, rise })
  const at = list[0] as number
  return [
    { from: 0, [unit]: at, duration: rise, name: 'rise' },
    { from: at, [unit]: at, duration, name: 'soak' },
  ]
}

function listed({ vus, rate, ...unknown }: ShapeLevel): ShapeLevels {
  return {
    ...unknown,
    ...(vus === undefined ? {} : { vus: [vus] }),
    ...(rate === undefined ? {} : { rate: [rate] }),
  }
}

interface Rest {
  /** So many levels in a list; 0: a single one, which is no list. */
  readonly least: number
  readonly base?: readonly number[]
  readonly [time: string]: unknown
}

/** Every other mistake is one of the stages, and told by `load()`. */
function readLevels(call: string, levels: ShapeLevels, { least, base, ...times }: Rest) {
  const problems = new Problems(call)
  const others = [...(base ? ['base'] : []), ...Object.keys(times)]
  problems.unknownKeys(levels, ['vus', 'rate', ...others])
  const unit: StageUnit = levels.rate === undefined ? 'vus' : 'rate'
  const given = levels[unit]
  if (levels.vus !== undefined && levels.rate !== undefined) problems.add('vus, rate', 'give one of them')
  const list = Array.isArray(given) ? given : []
  if (list.length < Math.max(1, least)) {
    const amount = least === 0 ? 'a level such as 50' : `a list of ${least === 1 ? 'one level' : 'two levels'} or more`
    problems.expected(unit, amount, given)
  }
  for (const level of [...list, ...(base ?? [])]) {
    const fits = unit === 'vus' ? Number.isInteger(level) : Number.isFinite(level)
    if (!fits || level < 0)
      problems.expected(unit, unit === 'vus' ? 'whole numbers, 0 or more' : 'numbers, 0 or more', level)
  }
  for (const [name, time] of Object.entries(times)) {
    if (typeof time === 'number' && time > 0 && time < shortestNumber && name !== 'rise') {
      problems.add(name, meantAsSeconds(time))
    } else if (!parseDuration(time)) problems.expected(name, "a time above 0 such as 10000 or '10s'", time)
  }
  problems.throwIfAny()
  return { unit, list }
}

function inWords(level: number, unit: StageUnit): string {
  return unit === 'rate' ? `${formatNumber(level)}/s` : `${formatNumber(level)} VUs`
}

/** A level that comes back is told from its first time: `10 VUs`, `10 VUs (2)`. */
function named(stages: readonly (Stage & { readonly name: string })[]): Stage[] {
  return stages.map((stage, index) => {
    const before = stages.slice(0, index).filter(({ name }) => name === stage.name).length
    return before === 0 ? stage : { ...stage, name: `${stage.name} (${before + 1})` }
  })
}
