// The answer to "does this run meet this limit?": pass, fail, or inconclusive with the reason.
import { binomialCdf } from './binomial.ts'
import type { Bounds } from './distribution.ts'
import { generatorHealth, type Judged } from './generator-health.ts'
import { isBalanced } from './iterations.ts'
import { type Limit, metricOf, type Relation } from './limit.ts'
import { formatValue, type Metric } from './metric.ts'
import type { Reading } from './reading.ts'
import type { Slice } from './slice.ts'
import { formatCount, formatMs, formatNumber, formatShare, formatSpan } from './units.ts'

export type Status = 'pass' | 'fail' | 'inconclusive'

/** Plain data, JSON-safe: unknown numbers are null. Numbers in the metric's unit. */
export interface Verdict {
  readonly status: Status
  /** In words: `p95 latency`. */
  readonly metric: string
  readonly unit: Unit
  /** Name of the run or slice. */
  readonly subject: string
  readonly relation: Relation
  readonly limit: number
  /** What came of a limit with levels; missing without them, and where it is inconclusive. */
  readonly level?: 'approved' | 'degraded' | 'failed'
  /** What was measured; null when nothing was. With `atLeast` a lower bound. */
  readonly value: number | null
  readonly atLeast: boolean
  /** The 95 % confidence interval of a percentile; an open end is null. */
  readonly interval: { readonly lower: number; readonly upper: number | null } | null
  /** The limit lies inside the interval. */
  readonly marginal: boolean
  /** Why it is inconclusive, and what would decide it. */
  readonly reason?: string
  /** Why the verdict should be read with care although it stands. */
  readonly notes: readonly string[]
  /** The error limit that every judged run carries. */
  readonly implicit: boolean
}

export type Unit = 'ms' | 'bytes' | 'percent' | 'share' | 'per second' | 'bytes per second' | 'bytes per hour' | 'count'

/** A limit put to a slice: everything that the rules look at. */
interface Question {
  readonly slice: Slice
  readonly limit: Limit
  readonly metric: Metric
  readonly reading: Reading
}

/** A status with why (inconclusive) or with what care (the others). */
interface Decision {
  readonly status: Status
  readonly reason?: string
  readonly notes: readonly string[]
  readonly marginal: boolean
}

export function judge(slice: Slice, limit: Limit, { implicit = false } = {}): Verdict {
  const row = metricOf(limit)
  const metric = row.unitIn ? { ...row, unit: row.unitIn(slice) } : row
  const question: Question = { slice, limit, metric, reading: metric.read(slice) }
  const { lower, upper } = question.reading.bounds
  const { status, reason, notes, marginal } = weigh(question, grade(question, compare(question)))
  const level = levelOf(question, status)
  return {
    status,
    metric: metric.label,
    unit: metric.unit,
    subject: slice.name,
    relation: limit.relation,
    limit: limit.value,
    ...(level === undefined ? {} : { level }),
    value: Number.isNaN(lower) ? null : (question.reading.estimate ?? lower),
    atLeast: upper > lower && question.reading.estimate === undefined,
    interval: intervalOf(question),
    marginal,
    ...(reason === undefined ? {} : { reason }),
    notes,
    implicit,
  }
}

/** The verdict on the opposite limit: what `.not` asks. What is inconclusive stays so. */
export function negate(verdict: Verdict): Verdict {
  const status = ({ pass: 'fail', fail: 'pass', inconclusive: 'inconclusive' } as const)[verdict.status]
  return { ...verdict, status, relation: opposites[verdict.relation] }
}

const opposites = { below: 'at least', 'at most': 'above', above: 'at most', 'at least': 'below' } as const

/**
 * How many samples can show a percentile to be below a limit: with fewer, even the largest of them lies below the true
 * percentile with a probability of more than 5 % (Wilks 1941).
 */
export function samplesNeeded(q: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(q))
}

/** With as many samples as a percentile needs, the largest of them bounds it as surely as the interval does (Wilks 1941). */
function largestPossible({ metric, slice: { latency } }: Question): number {
  const isBounded = metric.q !== undefined && latency.censored === 0 && latency.count >= samplesNeeded(metric.q)
  return isBounded ? latency.max : Number.POSITIVE_INFINITY
}

/** The numbers alone, as if they were beyond doubt. */
function compare(question: Question): Decision {
  const { metric, slice, reading } = question
  const { lower, upper } = reading.bounds
  if (Number.isNaN(lower)) return inconclusive(reading.doubt)
  const least = meets(question, lower)
  const most = meets(question, upper) || isUnseen(question)
  if (metric.q !== undefined && slice.latency.count < samplesNeeded(metric.q)) return compareFew(question, least)
  return least === most ? decided(question, least ? 'pass' : 'fail') : inconclusive(reading.doubt)
}

/** Few samples cannot show that a percentile is low; too many above the limit show that it is not. */
function compareFew(question: Question, meetsLimit: boolean): Decision {
  const { metric, slice, limit, reading } = question
  const { latency } = slice
  const q = metric.q as number
  const above = latency.countFrom(limit.value)
  // P(X >= above) if the percentile were at the limit. The margin is for shares such as 0.95 that binary cannot hold.
  const chance = 1 - binomialCdf(above - 1, latency.count, 1 - q)
  if (!meetsLimit && chance <= 0.05 + 1e-9) return decided(question, 'fail')
  if (latency.count === latency.censored) return inconclusive(reading.doubt)
  const missing = samplesNeeded(q) - latency.count
  return inconclusive(
    `${formatCount(latency.count, 'sample')} cannot tell: ${metric.label} needs ${missing.toLocaleString('en-US')} more ` +
      `(${formatNumber(samplesNeeded(q))} in all); toHaveMaxBelow judges just what was seen`,
  )
}

function decided(question: Question, status: 'pass' | 'fail'): Decision {
  const { limit, metric, slice, reading } = question
  const interval = intervalOf(question)
  const upper = interval?.upper ?? largestPossible(question)
  const unseen = status === 'pass' && isUnseen(question)
  const marginal = interval !== null && !unseen && limit.value >= interval.lower && limit.value <= upper
  const notes: string[] = []
  if (unseen) notes.push(`a ${metric.label} of up to ${formatValue(reading.bounds.upper, metric.unit)} would not show`)
  if (marginal) {
    const range = `${formatMs(interval.lower)} ${interval.upper === null ? 'or more' : `to ${formatMs(upper)}`}`
    notes.push(`marginal: the limit lies inside the 95 % interval (${range}), another run may decide otherwise`)
  }
  if (status === 'pass' && metric.tolerance > 0 && reading.bounds.lower < limit.value) {
    notes.push(`within the ${formatShare(metric.tolerance)} that a ${metric.label} may lack`)
  }
  if (metric.wholeRun && slice.name !== slice.data.name) notes.push(`${metric.label} is that of the whole run`)
  if (metric.ofServers && slice.isShare) notes.push(`${metric.label} is that of all requests together`)
  return { status, notes, marginal }
}

function intervalOf({ metric, slice, reading: { bounds, estimate } }: Question): Verdict['interval'] {
  if (estimate !== undefined) return finite(bounds)
  if (metric.q === undefined || slice.latency.count === 0) return null
  const { lower, upper } = slice.latency.interval(metric.q)
  return finite({ lower, upper })
}

/** An interval without a lower end says nothing. */
function finite({ lower, upper }: Bounds): Verdict['interval'] {
  return lower === Number.NEGATIVE_INFINITY ? null : { lower, upper: upper === Number.POSITIVE_INFINITY ? null : upper }
}

function levelOf(question: Question, status: Status): Verdict['level'] {
  const { limit, reading } = question
  if (limit.levels === undefined || status === 'inconclusive') return undefined
  if (status === 'fail') return 'failed'
  return meetsTarget(question, reading) ? 'approved' : 'degraded'
}

function meetsTarget(question: Question, { bounds: { lower, upper } }: Reading): boolean {
  const { target = question.limit.value } = question.limit.levels ?? {}
  return meets(question, lower, target) && (meets(question, upper, target) || isUnseen(question))
}

/** No more than does not show in any run as long, and that would be acceptable: a target below it is met. */
function isUnseen(question: Question): boolean {
  const { limit, reading } = question
  const { bounds, invisible } = reading
  const { acceptable } = limit.levels ?? {}
  return acceptable !== undefined && bounds.upper === invisible && meets(question, invisible, acceptable)
}

/** Says which level was reached, and whether the rate that was asked for could have met the limit at all. */
function grade(question: Question, decision: Decision): Decision {
  const { limit, metric, reading, slice } = question
  const { target = limit.value, critical } = limit.levels ?? {}
  const { lower } = reading.bounds
  const value = formatValue(reading.estimate ?? lower, metric.unit)
  const notes = [...decision.notes]
  if (decision.status === 'pass' && !meetsTarget(question, reading)) {
    notes.push(`degraded: ${value} is acceptable, the target is ${limit.relation} ${formatValue(target, metric.unit)}`)
  }
  if (decision.status === 'fail' && critical !== undefined && !meets(question, lower, critical)) {
    notes.push(`critical: ${value} is not ${limit.relation} ${formatValue(critical, metric.unit)}`)
  }
  const { askedRate } = slice
  if (
    decision.status === 'fail' &&
    metric.unit === 'per second' &&
    askedRate !== undefined &&
    askedRate < limit.value
  ) {
    notes.push(`only ${formatValue(askedRate, metric.unit)} were asked for`)
  }
  return { ...decision, notes }
}

/** Whether the numbers can be trusted with that decision. */
function weigh(question: Question, decision: Decision): Decision {
  const { slice, limit, metric } = question
  const distrust = reasonForDistrust(slice, metric)
  if (distrust) return inconclusive(distrust)
  const { keptUp, reasons } = generatorHealth(slice, judgedBy(limit, metric))
  const lagging = `the load generator could not keep up: ${reasons.join('; ')}`
  // What was never sent may be all that is missing.
  const excusable = decision.status === 'fail' || (decision.status === 'inconclusive' && slice.unsent > 0)
  if (!keptUp && excusable && isExcused(question)) {
    return inconclusive(`${lagging}. The server may be better than that: use a lower rate or a quieter machine`)
  }
  const cut = cutShort(slice) ?? slice.data.doubts[0]
  if (cut && decision.status === 'pass') return inconclusive(cut)
  // What the run warns of already is not said again with every limit.
  const unsaid = !keptUp && metric.blamesGenerator && !slice.warnings.some((text) => text.startsWith(lagging))
  return { ...decision, notes: [...decision.notes, ...(unsaid ? [lagging] : []), ...(cut ? [cut] : [])] }
}

/** Whether it would not fail if the generator had made it worse by as much as it can. */
function isExcused(question: Question): boolean {
  const { limit, metric, slice } = question
  const most = metric.overstated?.(slice) ?? (metric.blamesGenerator ? Number.POSITIVE_INFINITY : 0)
  if (!(most > 0)) return false
  const value = limit.relation === 'below' || limit.relation === 'at most' ? limit.value + most : limit.value - most
  return compare({ ...question, limit: { ...limit, value } }).status !== 'fail'
}

function judgedBy(limit: Limit, { unit, q, worst }: Metric): Judged {
  if (unit !== 'ms') return {}
  return { limit: limit.value, q: worst ? 1 : (q ?? 0) }
}

function reasonForDistrust({ data, iterations, usage }: Slice, metric: Metric): string | undefined {
  if (data.invalid.length > 0) return data.invalid.join('; ')
  const unbalanced = [iterations, ...data.lanes.map((lane) => lane.iterations)].find((ledger) => !isBalanced(ledger))
  if (unbalanced) {
    const { scheduled, ...ends } = unbalanced
    const ended = Object.values(ends).reduce((sum, count) => sum + count, 0)
    const known = `the end of ${ended.toLocaleString('en-US')} is known`
    return `the ledger does not balance: of ${formatCount(scheduled, 'iteration')} ${known}`
  }
  if (usage.generator.sharesLoop && metric.blamesGenerator) {
    return 'the load generator ran on the event loop of the server, each waiting for the other: use serve()'
  }
  return undefined
}

function cutShort({ data }: Slice): string | undefined {
  if (data.aborted === undefined) return undefined
  const planned = data.asked.duration === undefined ? ', before all was sent' : ` of ${formatSpan(data.asked.duration)}`
  return `the run ended after ${formatSpan(data.duration)}${planned}: ${data.aborted}`
}

function meets({ limit, metric }: Question, value: number, bound = limit.value): boolean {
  const { relation } = limit
  if (relation === 'below') return value < bound
  if (relation === 'at most') return value <= bound
  const least = bound * (1 - metric.tolerance)
  return relation === 'above' ? value > least : value >= least
}

function inconclusive(reason: string): Decision {
  return { status: 'inconclusive', reason, notes: [], marginal: false }
}
