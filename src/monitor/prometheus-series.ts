// From two readings of a server's metrics to numbers of the time between them: rates, levels, quantiles.
import type { ProbeReading, Quantity } from '../core/probe.ts'
import { type Bucket, bucketQuantile, isAboveBuckets } from './bucket-quantile.ts'
import { increase } from './counter-rate.ts'
import { type MetricFamily, type MetricSample, type MetricType, parseSelector } from './prometheus-text.ts'

export interface Scrape {
  /** ms on any clock */
  readonly at: number
  readonly families: ReadonlyMap<string, MetricFamily>
  /** By family: label sets that were there in an earlier one. */
  readonly missing?: ReadonlyMap<string, readonly Missing[]>
}

/** As it was seen last, in ms on the clock of the scrapes. */
interface Missing {
  readonly sample: MetricSample
  readonly at: number
}

/** What one name stands for in a scrape. */
interface Selected {
  readonly name: string
  readonly family: string
  readonly kind: 'counter' | 'gauge' | 'histogram' | 'gaugehistogram' | 'summary'
  readonly samples: readonly MetricSample[]
}

const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const

/**
 * Counters as rates per second, gauges as they are, histograms as the p50, p95 and p99 of what was counted between the
 * two, summaries by their quantiles. Label sets of one name are summed, quantiles of summaries not: the highest counts.
 * @param names `'name'` or `'name{label="value"}'`; without any, all there are
 */
export function seriesBetween(
  before: Scrape | undefined,
  now: Scrape,
  names: readonly string[] | undefined,
): ProbeReading {
  const values: Record<string, Quantity> = {}
  const absent: string[] = []
  const remarks: string[] = []
  for (const name of names ?? [...now.families.keys()]) {
    const selected = select(now, name)
    if (!selected) {
      if (names) absent.push(name)
      continue
    }
    const found = read(selected, now.at, before && earlierOf(before, selected, name))
    const known = Object.entries(found.values).filter(([, { value }]) => Number.isFinite(value))
    for (const [part, quantity] of known) values[part === '' ? name : `${name}.${part}`] = quantity
    if (known.length === 0 && names) absent.push(name)
    if (found.beyond !== undefined) {
      remarks.push(
        `percentiles of '${name}' lay above its highest bucket (${found.beyond}): they are shown as that and were more`,
      )
    }
  }
  return { values, absent, remarks }
}

/** For so long, in ms, a label set that is missing is remembered: whoever makes a new one for each request has millions. */
const longestMissing = 60_000

/** `now` with what it lacks of the counts that were there before: what is missing for a while counts on when it comes back. */
export function remembering(before: Scrape | undefined, now: Scrape): Scrape {
  if (!before) return now
  const missing = new Map<string, readonly Missing[]>()
  for (const [name, { type, samples }] of now.families) {
    const earlier = before.families.get(name)?.samples
    if (!earlier || !countingTypes.has(type)) continue
    const there = new Map(samples.map((sample) => [signature(sample), sample.value]))
    // What was missing then has begun again as well.
    if (earlier.some((sample) => (there.get(signature(sample)) ?? Number.POSITIVE_INFINITY) < sample.value)) continue
    const known = [...(before.missing?.get(name) ?? []), ...earlier.map((sample) => ({ sample, at: before.at }))]
    const gone = known.filter(({ sample, at }) => !there.has(signature(sample)) && now.at - at <= longestMissing)
    if (gone.length > 0) missing.set(name, gone)
  }
  return { ...now, missing }
}

interface Found {
  readonly values: Readonly<Record<string, Quantity>>
  /** The highest end of a bucket, where a quantile lies above it. */
  readonly beyond?: number | undefined
}

/** What the rates of a name are counted from. */
interface Earlier {
  readonly at: number
  readonly samples: readonly MetricSample[]
  readonly missing: readonly Missing[]
}

/**
 * A family that was known and had no samples has counted nothing yet. One that was not there may have counted for long,
 * unseen: a proxy's, while what it stands for was away.
 */
function earlierOf(before: Scrape, { family }: Selected, name: string): Earlier | undefined {
  const samples = select(before, name)?.samples ?? (before.families.has(family) ? [] : undefined)
  return samples && { at: before.at, samples, missing: before.missing?.get(family) ?? [] }
}

function read({ name, kind, samples }: Selected, at: number, before: Earlier | undefined): Found {
  const isBytes = /_bytes(_total|_sum|\b)/.test(name)
  if (kind === 'gauge') return { values: { '': { value: sum(samples), unit: isBytes ? 'bytes' : 'count' } } }
  if (kind === 'summary') return { values: summaryQuantiles(samples, isBytes ? 'bytes' : 'count') }
  if (kind === 'gaugehistogram') return histogramQuantiles(bucketsOf(samples, []), isBytes ? 'bytes' : 'count')
  if (before === undefined || before.at >= at) return { values: {} }
  const missing = before.missing.map(({ sample }) => sample)
  if (kind === 'histogram') {
    return histogramQuantiles(bucketsOf(samples, [...before.samples, ...missing]), isBytes ? 'bytes' : 'count')
  }
  const value = 1000 * growthPerMs(samples, before, at)
  return { values: { '': { value, unit: isBytes ? 'bytes per second' : 'per second' } } }
}

/** Per ms, each label set since it was seen last. */
function growthPerMs(samples: readonly MetricSample[], earlier: Earlier, now: number): number {
  const seen = [...earlier.missing, ...earlier.samples.map((sample) => ({ sample, at: earlier.at }))]
  const known = new Map(seen.map((each) => [signature(each.sample), each]))
  return samples.reduce((all, sample) => {
    const { at, sample: last } = known.get(signature(sample)) ?? { at: earlier.at, sample: undefined }
    return all + increase(last?.value, sample.value) / (now - at)
  }, 0)
}

function sum(samples: readonly MetricSample[]): number {
  return samples.reduce((all, { value }) => all + value, 0)
}

function histogramQuantiles(buckets: readonly Bucket[], unit: Quantity['unit']): Found {
  const entries = Object.entries(quantiles)
  const beyond = entries.some(([, q]) => isAboveBuckets(q, buckets)) ? buckets.at(-2)?.upper : undefined
  const values = entries.map(([part, q]) => {
    const quantity = { value: bucketQuantile(q, buckets), unit }
    return [part, isAboveBuckets(q, buckets) ? { ...quantity, atLeast: true } : quantity] as const
  })
  return { values: Object.fromEntries(values), beyond }
}

/** By end, over all label sets: what fell into each since the earlier samples. */
function bucketsOf(samples: readonly MetricSample[], earlier: readonly MetricSample[]): Bucket[] {
  const counts = new Map<number, number>()
  const isBucket = ({ name }: MetricSample) => name.endsWith('_bucket')
  const before = new Map(earlier.filter(isBucket).map((sample) => [signature(sample), sample.value]))
  const now = samples.filter(isBucket)
  // When one bucket of a label set has begun again at 0, all of them have.
  const restarted = new Set(
    now
      .filter((sample) => sample.value < (before.get(signature(sample)) ?? 0))
      .map((sample) => signature(sample, 'le')),
  )
  for (const sample of now) {
    const upper = endOf(sample.labels.get('le'))
    const known = restarted.has(signature(sample, 'le')) ? undefined : before.get(signature(sample))
    counts.set(upper, (counts.get(upper) ?? 0) + increase(known, sample.value))
  }
  return [...counts].map(([upper, count]) => ({ upper, count })).sort((a, b) => a.upper - b.upper)
}

function endOf(le: string | undefined): number {
  return le === undefined || /^\+?inf/i.test(le) ? Number.POSITIVE_INFINITY : Number(le)
}

/** `{ quantile="0.99" }` is p99. */
function summaryQuantiles(samples: readonly MetricSample[], unit: Quantity['unit']): Record<string, Quantity> {
  const highest: Record<string, Quantity> = {}
  for (const { labels, value } of samples) {
    const q = Number(labels.get('quantile') ?? Number.NaN)
    if (Number.isNaN(q) || Number.isNaN(value)) continue
    const part = `p${Number((q * 100).toFixed(6))}`
    highest[part] = { value: Math.max(value, highest[part]?.value ?? value), unit }
  }
  return highest
}

/** A label set of a name, whatever the order of its labels. */
function signature({ name, labels }: MetricSample, without?: string): string {
  return JSON.stringify([name, [...labels].filter(([key]) => key !== without).sort(([a], [b]) => (a < b ? -1 : 1))])
}

function select({ families }: Scrape, text: string): Selected | undefined {
  const selector = families.has(text) ? { name: text, labels: new Map() } : parseSelector(text)
  if (!selector) return undefined
  const { name, labels } = selector
  const named = familyNamed(name, families)
  const kind = named && kindOf(named)
  if (!named || !kind) return undefined
  const samples = named.samples.filter((sample) =>
    [...labels].every(([key, value]) => sample.labels.get(key) === value),
  )
  return samples.length === 0 ? undefined : { name, family: named.family, kind, samples }
}

/** A family, or the samples of one that have the name: `http_request_duration_seconds_count`. */
function familyNamed(name: string, families: ReadonlyMap<string, MetricFamily>): Named | undefined {
  const family = families.get(name)
  const of = family ?? [...families.values()].find(({ samples }) => samples.some((sample) => sample.name === name))
  if (!of) return undefined
  const samples = of.samples.filter((sample) => (family ? !sample.name.endsWith('_created') : sample.name === name))
  return { name, family: of.name, type: of.type, isPart: !family, samples }
}

interface Named extends Pick<MetricFamily, 'name' | 'type' | 'samples'> {
  readonly family: string
  readonly isPart: boolean
}

/** Of which a part at least only ever rises. */
const countingTypes = new Set<MetricType>(['counter', 'histogram', 'summary', 'untyped'])

const ownKinds: Partial<Record<MetricType, Selected['kind']>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gaugehistogram',
  summary: 'summary',
}

/** Infos and sets of states are no numbers. */
function kindOf({ name, type, isPart }: Named): Selected['kind'] | undefined {
  if (type === 'info' || type === 'stateset') return undefined
  if (isPart) return type === 'gaugehistogram' ? 'gauge' : 'counter'
  return ownKinds[type] ?? (name.endsWith('_total') ? 'counter' : 'gauge')
}
