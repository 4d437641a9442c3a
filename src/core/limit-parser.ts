// Reads `{ p95: 300, errorRate: 0.01, throughput: { above: 500 } }`: every limit as data, all mistakes at once.
import { type Levels, type Limit, type Limits, metricOf, type Relation } from './limit.ts'
import { type MetricKey, metricKeys } from './metric.ts'
import { whereItBelongs } from './option-places.ts'
import type { Problems } from './problems.ts'
import { type SeriesChoice, seriesStatistics } from './series-metric.ts'
import { parseDuration, parseSize, parseSizePer } from './units.ts'
import { isUsageName } from './usage.ts'
import type { Unit } from './verdict.ts'

/** Adds a problem for everything that is no limit; what it returns is complete only without problems. */
export function parseLimits(limits: Limits, problems: Problems): readonly Limit[] {
  if (typeof limits !== 'object' || limits === null || Array.isArray(limits)) {
    problems.expected('limits', 'an object such as { p95: 300, errorRate: 0.01 }', limits)
    return []
  }
  problems.unknownKeys(limits, [...metricKeys, 'series'], {
    ...{ place: 'limits.', noun: 'unknown limit' },
    elsewhere: whereItBelongs,
  })
  return Object.entries(limits).flatMap(([key, given]) => {
    if (key === 'series') return parseSeriesLimits(given, problems)
    return isMetric(key) ? (parseLimit({ name: `limits.${key}`, metric: key, problems }, given) ?? []) : []
  })
}

/** A limit's number in the metric's unit, or a problem. */
export function parseValue(place: Place, relation: Relation, given: unknown) {
  const { unit, parse, expected = expectations[unit](relation) } = metricOf(place)
  const value = (parse ?? parsers[unit])(given)
  if (value !== undefined && (parse || isBreakable(relation, value, unit))) return value
  place.problems.expected(place.name, expected, given)
  return undefined
}

function parseSeriesLimits(given: unknown, problems: Problems): Limit[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    problems.expected('limits.series', "an object such as { 'pool.waiting': { max: 0 } }", given)
    return []
  }
  return Object.entries(given).flatMap(([name, limits]) => {
    const place = `limits.series.${name}`
    if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0) {
      problems.expected(place, 'an object such as { max: 0, mean: { below: 50 } }', limits)
      return []
    }
    problems.unknownKeys(limits, seriesStatistics, { place: `${place}.`, noun: 'unknown' })
    return seriesStatistics.flatMap((statistic) => {
      const series = { name, statistic }
      if (!(statistic in limits)) return []
      const limit = parseLimit({ name: `${place}.${statistic}`, metric: 'series', series, problems }, limits[statistic])
      return limit ? [{ ...limit, series }] : []
    })
  })
}

/** Adds a problem for every limit on a series that a run with these probes cannot have. */
export function checkLimitedSeries(limits: readonly Limit[], probes: object | undefined, problems: Problems): void {
  const known = Object.keys(probes ?? {})
  for (const name of new Set(limits.flatMap(({ series }) => series?.name ?? []))) {
    if (isUsageName(name) || known.some((probe) => name === probe || name.startsWith(`${probe}.`))) continue
    const there = known.length === 0 ? 'has no probes' : `has the probes ${known.join(', ')}`
    problems.add(`limits.series.${name}`, `is no number of a server, and this load ${there}: add it to probes`)
  }
}

/** Where a value stands: its name in problems, and what it limits. */
export interface Place {
  readonly name: string
  readonly metric: Limit['metric']
  readonly series?: SeriesChoice
  readonly problems: Problems
}

type Side = 'below' | 'above'

const sides: readonly Side[] = ['below', 'above']
const levelNames = ['target', 'acceptable', 'critical'] as const

function parseLimit(place: Place, given: unknown): Limit | undefined {
  const { metric, name, problems } = place
  const { relation } = metricOf(place)
  if (typeof given !== 'object' || given === null) {
    const value = parseValue(place, relation, given)
    return value === undefined ? undefined : { metric, relation, value }
  }
  const keys = Object.keys(given)
  const known: readonly string[] = [...sides, ...levelNames, 'per']
  if (keys.some((key) => !known.includes(key))) {
    problems.unknownKeys(given, known, { place: `${name}.`, noun: 'unknown' })
    return undefined
  }
  if (keys.length > 0 && keys.every((key) => (levelNames as readonly string[]).includes(key)))
    return parseLevels(place, given)
  if (keys.length === 1) return parseSide(place, given)
  if (keys.length === 2 && 'per' in given) return parseShare(place, given)
  problems.expected(name, `a value, { ${sideOf(relation)}: value } or { target, acceptable, critical }`, given)
  return undefined
}

function parseSide(place: Place, given: object): Limit | undefined {
  const { metric, name, problems } = place
  const { label, relation: own } = metricOf(place)
  const [[side, bound]] = Object.entries(given) as [[Side, unknown]]
  if (side !== sideOf(own)) {
    const good = sideOf(own) === 'below' ? 'less' : 'more'
    problems.add(name, `${side} makes no sense for ${label}, where ${good} is better: say { ${sideOf(own)}: value }`)
    return undefined
  }
  const value = parseValue({ ...place, name: `${name}.${side}` }, side, bound)
  return value === undefined ? undefined : { metric, relation: side, value }
}

/** `{ below: '2MB', per: 'vu' }` */
function parseShare(place: Place, { per, ...side }: { readonly per?: unknown }): Limit | undefined {
  const { name, problems } = place
  const { label, ofServers, unit } = metricOf(place)
  const isOfUsers = ofServers && unit !== 'bytes per hour' && place.metric !== 'series'
  if (per !== 'vu') problems.expected(`${name}.per`, "'vu'", per)
  else if (!isOfUsers) problems.add(`${name}.per`, `${label} is no number that users have a share of: leave per out`)
  const limit = parseSide(place, side)
  return limit && { ...limit, per: 'vu' }
}

function parseLevels(place: Place, given: Levels<unknown>): Limit | undefined {
  const { metric, name, problems } = place
  const { relation } = metricOf(place)
  const parsed = levelNames.flatMap((level) => {
    if (!(level in given)) return []
    return [{ level, value: parseValue({ ...place, name: `${name}.${level}` }, relation, given[level]) }]
  })
  if (parsed.some(({ value }) => value === undefined)) return undefined
  const values = parsed.map(({ value }) => value as number)
  const ascending = sideOf(relation) === 'below'
  const ordered = values.every((value, index) => {
    const before = values[index - 1] ?? value
    return ascending ? before <= value : before >= value
  })
  if (!ordered) {
    const order = ascending ? 'target <= acceptable <= critical' : 'target >= acceptable >= critical'
    problems.expected(name, order, given)
    return undefined
  }
  const levels: Levels = Object.fromEntries(parsed.map(({ level, value }) => [level, value]))
  return { metric, relation, value: (levels.acceptable ?? levels.target ?? levels.critical) as number, levels }
}

const number = (least: number, most: number) => (given: unknown) =>
  typeof given === 'number' && given >= least && given <= most && Number.isFinite(given) ? given : undefined

const parsers: Record<Unit, (given: unknown) => number | undefined> = {
  ms: parseDuration,
  bytes: parseSize,
  percent: number(0, Number.POSITIVE_INFINITY),
  share: number(0, 1),
  'per second': number(0, Number.POSITIVE_INFINITY),
  'bytes per second': (given) => parseSizePer('s', given),
  'bytes per hour': (given) => parseSizePer('h', given),
  count: number(0, Number.POSITIVE_INFINITY),
}

const expectations: Record<Unit, (relation: Relation) => string> = {
  ms: () => "a time above 0 such as 300 or '300ms'",
  bytes: () => "a size above 0 such as 300e6 or '300MB'",
  percent: () => 'percent of one core above 0 such as 80',
  share: (relation) =>
    ({
      below: 'a share above 0 and at most 1 such as 0.01 (which is 1 %)',
      'at most': 'a share of 0 to 1 such as 0.01 (which is 1 %)',
      above: 'a share of 0 or more and below 1 such as 0.99 (which is 99 %)',
      'at least': 'a share above 0 and at most 1 such as 0.99 (which is 99 %)',
    })[relation],
  'per second': (relation) => (relation === 'above' ? 'a rate per second of 0 or more' : 'a rate per second above 0'),
  'bytes per second': () => "a size per second above 0 such as 5e6 or '5MB/s'",
  'bytes per hour': () => "a size per hour of 0 or more such as 10e6 or '10MB/h'",
  count: (relation) => (relation === 'below' ? 'a number above 0' : 'a number of 0 or more'),
}

/**
 * A limit that nothing can meet, or that everything meets, is a mistake. At most 100 % says: errors do not matter. What
 * shrinks grows by less than 0.
 */
function isBreakable(relation: Relation, value: number, unit: Unit): boolean {
  if (unit === 'bytes per hour') return true
  if (relation === 'below' || relation === 'at least') return value > 0
  return !(relation === 'above' && unit === 'share' && value === 1)
}

function sideOf(relation: Relation): Side {
  return relation === 'below' || relation === 'at most' ? 'below' : 'above'
}

function isMetric(key: string): key is MetricKey {
  return (metricKeys as readonly string[]).includes(key)
}
