// A limit on any series by its name: a probe's, or one of those that are read of servers.
import type { Metric } from './metric.ts'
import { show } from './problems.ts'
import { exactly, nothing, type Reading, upwards } from './reading.ts'
import { Series, type SeriesData, type SeriesStatistic, type Span } from './series.ts'
import { readGrowth, readWorst, untilSilence } from './server-reading.ts'
import type { Slice } from './slice.ts'
import { formatNumber, formatSpan, parseSize, parseSizePer } from './units.ts'
import { isUsageName, type Usage, type UsageName, usageKinds } from './usage.ts'
import type { Unit } from './verdict.ts'

export const seriesStatistics: readonly SeriesStatistic[] = ['max', 'mean', 'last', 'growth']

export interface SeriesChoice {
  readonly name: string
  readonly statistic: SeriesStatistic
}

export function seriesMetric({ name, statistic }: SeriesChoice): Metric {
  const isGrowth = statistic === 'growth'
  const unitOf = (unit: Unit): Unit => (isGrowth && unit === 'bytes' ? 'bytes per hour' : unit)
  const isKnownUnit = isUsageName(name) && !isGrowth
  return Object.freeze({
    label: isGrowth ? `growth of ${name} per hour` : `${statistic} of ${name}`,
    unit: unitOf(isUsageName(name) ? usageKinds[name].unit : 'count'),
    relation: 'at most',
    blamesGenerator: false,
    wholeRun: false,
    ofServers: true,
    tolerance: 0,
    ...(isKnownUnit ? {} : looseLimit(isGrowth)),
    unitIn: (slice) =>
      unitOf(isUsageName(name) ? usageKinds[name].unit : (probeNamed(slice.usage, name)?.unit ?? 'count')),
    read: (slice) =>
      isUsageName(name) ? readServers(slice, { name, statistic }) : readProbe(slice, { name, statistic }),
  } satisfies Metric)
}

/** Resident memory grows as `toHaveMemoryGrowthBelow` judges it: without the warm-up, and no less than shows. */
function readServers(slice: Slice, { name, statistic }: SeriesChoice & { readonly name: UsageName }): Reading {
  if (name === 'memory' && statistic === 'growth') return readGrowth(slice)
  return readWorst(slice, name, ({ [name]: known, cpu }) => {
    return known && untilSilence(figureOf(known, { name, statistic }), { known, cpu, figure: statistic, slice })
  })
}

/** What a probe measures only its author knows: every finite number is possible, and sizes. */
function looseLimit(isGrowth: boolean): Pick<Metric, 'parse' | 'expected'> {
  const parseText = (given: unknown) =>
    isGrowth ? parseSizePer('h', given) : (parseSize(given) ?? parseSizePer('s', given))
  const parse = (given: unknown) => {
    if (typeof given !== 'number') return parseText(given)
    return Number.isFinite(given) ? given : undefined
  }
  return { parse, expected: `a number, or a size ${isGrowth ? "per hour such as '10MB/h'" : "such as '300MB'"}` }
}

/** A probe that never answered has all names that begin with its own. */
export function probeNamed({ probes }: Usage, name: string): SeriesData | undefined {
  if (Object.hasOwn(probes, name)) return probes[name]
  const silent = Object.entries(probes).find(([probe, { at }]) => at.length === 0 && name.startsWith(`${probe}.`))
  return silent?.[1]
}

/** What is wrong with a name of a series, naming those there are; undefined for a probe's, or one of servers. */
export function unknownSeries(usage: Usage, name: string): string | undefined {
  if (isUsageName(name) || probeNamed(usage, name)) return undefined
  const ofServers = Object.keys(usageKinds).filter((kind) => usage.servers.some(({ series }) => kind in series))
  return expectedName([...Object.keys(usage.probes), ...ofServers], name)
}

export function expectedName(known: readonly string[], name: string): string {
  const expected = known.length === 0 ? 'a run with probes' : `one of ${known.map((each) => `'${each}'`).join(', ')}`
  return `expected ${expected}, got ${show(name)}`
}

/** Of several servers that with the highest number; without samples in this time an empty one. */
export function serverSeries({ servers }: Slice, name: UsageName): Series {
  const all = servers.flatMap(({ series }) => series[name] ?? [])
  const none = new Series({ unit: usageKinds[name].unit, at: [], values: [] })
  return all.reduce((worst, series) => (series.max > worst.max || worst.count === 0 ? series : worst), none)
}

function readProbe(slice: Slice, { name, statistic }: SeriesChoice): Reading {
  const unknown = unknownSeries(slice.usage, name)
  if (unknown !== undefined) return nothing(`no such series: ${unknown}`)
  const series = slice.probe(name)
  const reading = figureOf(series, { name, statistic })
  return series.count === 0 ? reading : withGaps(reading, { series, statistic, slice })
}

/** Samples are samples: up to so much of the time may be missing. */
const mostMissing = 0.1

interface Gapped {
  readonly series: Series
  readonly statistic: SeriesStatistic
  readonly slice: Slice
}

const isBound = 'it lay above the highest bucket of its histogram, so that only "at least" is known'

/** What was seen is a peak at least; a mean of a part is none of the whole, and an old state not the last. */
function withGaps(reading: Reading, { series, statistic, slice }: Gapped): Reading {
  const { at, gaps, atLeast } = series
  if (statistic === 'growth') return reading
  if (statistic === 'last') {
    const last = at.at(-1) as number
    const endsAfter = (parts: readonly Span[], time: number) => (parts.at(-1)?.end ?? Number.NEGATIVE_INFINITY) >= time
    if (endsAfter(gaps, last + 1)) return nothing(`its probe gave nothing any more after ${formatSpan(last)}`)
    return endsAfter(atLeast, last) ? upwards(reading, isBound) : reading
  }
  if (atLeast.length > 0) return upwards(reading, isBound)
  const missing = gaps.reduce((sum, { start, end }) => sum + end - start, 0)
  if (missing <= mostMissing * slice.duration) return reading
  const doubt = `its probe gave nothing for ${formatSpan(missing)} of ${formatSpan(slice.duration)}`
  return statistic === 'mean' ? nothing(doubt) : upwards(reading, doubt)
}

function figureOf(series: Series, { name, statistic }: SeriesChoice): Reading {
  if (series.count === 0) return nothing(`no sample of ${name} was taken in this time`)
  if (statistic !== 'growth') return exactly(series[statistic])
  const { slope, lower, upper } = series.growth
  if (Number.isNaN(slope)) return nothing(`growth needs three samples, and ${name} has ${series.count} in this time`)
  const range = `${formatNumber(lower)} to ${formatNumber(upper)}`
  return {
    bounds: { lower, upper },
    estimate: slope,
    doubt: `it grows by ${range} an hour (99 % interval): a longer run narrows that`,
  }
}
