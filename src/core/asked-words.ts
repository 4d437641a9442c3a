// How much load was asked for in plain words: what every report and every failure says of it.
import type { Asked } from './run.ts'
import type { StagePlan } from './stage.ts'
import { formatCount, formatMs, formatSpan } from './units.ts'

/** A longer way is told by its first, highest and last level. */
const mostLevels = 6

/** `20 users, 1,000 iterations in all, in batches of 50`, `10 -> 100/s in 60 s, at random (poisson, seed 1)`. */
export function askedWords(asked: Asked): string {
  const { connections, amount, iterations, batch, iterationsPerVu, thinkTime, arrivals, seed, workers = 1 } = asked
  const number = (count: number) => count.toLocaleString('en-US')
  const chance = arrivals === 'poisson' ? 'at random (poisson' : ''
  return [
    levelsAndTime(asked),
    amount === undefined ? '' : `${formatCount(amount, connections === undefined ? 'iteration' : 'request')} in all`,
    iterations === undefined ? '' : `${formatCount(iterations, 'iteration')} in all`,
    batch === undefined ? '' : `in batches of ${number(batch)}`,
    iterationsPerVu === undefined ? '' : `${formatCount(iterationsPerVu, 'iteration')} each`,
    thinkTime === undefined ? '' : thinkingWords(thinkTime),
    chance === '' ? '' : `${chance}${seed === undefined ? '' : `, seed ${seed}`})`,
    chance === '' && seed !== undefined ? `seed ${seed}` : '',
    workers > 1 ? formatCount(workers, 'thread') : '',
  ]
    .filter(Boolean)
    .join(', ')
}

function thinkingWords({ min, max }: NonNullable<Asked['thinkTime']>): string {
  return `thinking ${min === max ? formatMs(min) : `${formatMs(min)} to ${formatMs(max)}`}`
}

/** The levels of a stage with their unit: `10 -> 100 users`, `100/s`. */
export function levelWords({ from, to }: Pick<StagePlan, 'from' | 'to'>, model: 'open' | 'closed'): string {
  return withUnit(from === to ? [to] : [from, to], model === 'open' ? 'rate' : 'vus')
}

/** `10 -> 100`, `0 … 500 … 0`. */
export function wayWords(levels: readonly number[]): string {
  const way = levels.filter((level, index) => level !== levels[index - 1])
  if (way.length <= mostLevels) return way.map(formatLevel).join(' -> ')
  const [first = 0, last = 0, highest] = [way[0], way.at(-1), Math.max(...way)]
  const told = highest === first || highest === last ? [first, last] : [first, highest, last]
  return told.map(formatLevel).join(' … ')
}

/** One decimal, none above 1000; two digits below 1, so that a slow rate does not read 0. */
export function formatLevel(level: number): string {
  if (level > 0 && level < 1) return level.toLocaleString('en-US', { maximumSignificantDigits: 2 })
  return level.toLocaleString('en-US', { maximumFractionDigits: level >= 1000 ? 0 : 1 })
}

/** The stages that were asked for with their places; none for a run without stages. */
export function askedStages({ stages = [] }: Pick<Asked, 'stages'>): StagePlan[] {
  let end = 0
  return stages.map(({ name, duration, from, vus, rate }) => {
    const start = end
    end += duration
    return { name, start, end, from, to: vus ?? rate ?? from }
  })
}

function levelsAndTime({ connections, pipelining = 1, vus, rate, stages, duration }: Asked): string {
  const time = (preposition: string) => (duration === undefined ? '' : ` ${preposition} ${formatSpan(duration)}`)
  if (stages !== undefined) {
    const levels = askedStages({ stages }).flatMap(({ from, to }) => [from, to])
    const isSteady = levels.every((level) => level === levels[0])
    const unit = stages.some((stage) => stage.rate !== undefined) ? 'rate' : 'vus'
    return withUnit(levels, unit) + time(isSteady ? 'for' : 'in')
  }
  if (rate !== undefined) return withUnit([rate], 'rate') + time('for')
  if (vus !== undefined) return withUnit([vus], 'vus') + time('for')
  const pipelined = pipelining > 1 ? ` x ${pipelining.toLocaleString('en-US')} pipelined` : ''
  return `${formatCount(connections ?? 0, 'connection')}${pipelined}${time('for')}`
}

function withUnit(levels: readonly number[], unit: 'vus' | 'rate'): string {
  const way = wayWords(levels)
  if (unit === 'rate') return `${way}/s`
  return way === '1' ? '1 user' : `${way} users`
}
