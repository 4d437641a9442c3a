// The rules of judging a second time: on raw samples, by brute force and exact fractions, sharing no code with the library.
import type { RunParts } from './run-builder.ts'

/** A limit as the rules speak of it; a percentile's share in thousandths. */
export interface NaiveLimit {
  readonly metric: string
  readonly thousandths?: number
  readonly relation: 'below' | 'at most' | 'above' | 'at least'
  readonly value: number
}

export interface NaiveVerdict {
  readonly status: 'pass' | 'fail' | 'inconclusive'
  /** Undefined where the limit is an end of the interval: rounded, it may lie on either side. */
  readonly marginal: boolean | undefined
}

const unknown: NaiveVerdict = { status: 'inconclusive', marginal: false }

export function naiveVerdict(run: RunParts, limit: NaiveLimit): NaiveVerdict {
  if ((run.invalid ?? []).length > 0) return unknown
  if (run.scheduled !== undefined && run.scheduled !== ended(run)) return unknown
  const hurt = /^(percentile|mean|max|throughput|rate|dropped)$/.test(limit.metric)
  const ends = answered(run) + (run.unfinished ?? []).length
  const spared = limit.metric === 'errorRate' && holds((run.failed as number) / ends, limit.relation, limit.value)
  if (hurt && run.generator?.sharesLoop) return unknown
  const verdict = byNumbers(run, limit)
  if (verdict.status === 'fail' && (hurt || spared) && generatorLate(run, limit) && !failsAnyway(run, limit))
    return unknown
  if (verdict.status === 'pass' && (run.aborted !== undefined || (run.doubts ?? []).length > 0)) return unknown
  return verdict
}

/** Times of a closed run, by more than the longest that an answer can have lain unread. */
function failsAnyway(run: RunParts, limit: NaiveLimit): boolean {
  const { loopDelay, utilization } = run.generator ?? {}
  if (run.asked?.rate !== undefined || loopDelay === undefined || (utilization ?? 0) >= 0.95) return false
  if (!/^(percentile|mean|max)$/.test(limit.metric)) return false
  return byNumbers(run, { ...limit, value: limit.value + loopDelay.max }).status === 'fail'
}

function byNumbers(run: RunParts, limit: NaiveLimit): NaiveVerdict {
  const { ok = [], dropped = 0, duration = 10_000 } = run
  if (limit.metric === 'percentile') return byPercentile(run, limit)
  if (limit.metric === 'errorRate') return byErrors(run, limit)
  if (limit.metric === 'mean' || limit.metric === 'max') return bySpread(run, limit)
  const counted = run.okInTime ?? ok.length
  const perSecond = (count: number) => (duration === 0 ? Number.NaN : (count * 1000) / duration)
  const median = [...ok].sort((a, b) => a - b)[Math.ceil(ok.length / 2) - 1] ?? 0
  const usual = (ended(run) / duration) * median
  const [held, broken] = [0, 1].map((at) => (run.checks ?? []).reduce((sum, c) => sum + (at ? c.failed : c.passed), 0))
  const values: Record<string, [number, number?]> = {
    throughput: [perSecond(counted)],
    rate: [perSecond(counted + (ok.length > counted ? Math.min(ok.length - counted, usual) : 0)), limit.value * 0.99],
    dropped: [dropped],
    checks: [(held as number) / ((held as number) + (broken as number))],
  }
  if (limit.metric === 'cpu' || limit.metric === 'memory') return byServers(run, limit)
  const [value, bound = limit.value] = values[limit.metric] as [number, number?]
  return Number.isNaN(value)
    ? unknown
    : { status: holds(value, limit.relation, bound) ? 'pass' : 'fail', marginal: false }
}

/** Unfinished ones may have been errors or not; a closed run that saw nothing but errors was down all the time. */
function byErrors(run: RunParts, { relation, value }: NaiveLimit): NaiveVerdict {
  const { ok = [], failed = 0, timedOut = [], unfinished = [] } = run
  const bad = (failed as number) + timedOut.length
  const all = answered(run) + unfinished.length
  if (answered(run) === 0) return unknown
  const down = run.asked?.rate === undefined && ok.length === 0 && bad > 0 ? 1 : 0
  const [best, worst] = [bad / all, Math.max((bad + unfinished.length) / all, down)]
  if (!holds(best, relation, value)) return { status: 'fail', marginal: false }
  return holds(worst, relation, value) ? { status: 'pass', marginal: false } : unknown
}

function answered({ ok = [], failed = 0, timedOut = [] }: RunParts): number {
  return ok.length + (failed as number) + timedOut.length
}

function byServers({ servers = [] }: RunParts, { metric, value }: NaiveLimit): NaiveVerdict {
  const known = servers.flatMap(({ series }) => series[metric as 'cpu' | 'memory']?.values ?? []).length
  const worst = servers.flatMap(({ series }) => {
    const values = series[metric as 'cpu' | 'memory']?.values ?? []
    if (values.length === 0) return []
    return metric === 'cpu' ? values.reduce((sum, value) => sum + value, 0) / values.length : Math.max(...values)
  })
  if (worst.some((one) => one >= value)) return { status: 'fail', marginal: false }
  return known > 0 && worst.length === servers.length ? { status: 'pass', marginal: false } : unknown
}

function bySpread(run: RunParts, { metric, value }: NaiveLimit): NaiveVerdict {
  const { ok = [], timedOut = [], unfinished = [], dropped = 0 } = run
  const all = [...ok, ...timedOut, ...unfinished]
  if (all.length === 0) return unknown
  let [sum, most] = [0, 0]
  for (const sample of all) {
    sum += sample
    if (sample > most) most = sample
  }
  const least = metric === 'mean' ? sum / all.length : most
  if (least >= value) return { status: 'fail', marginal: false }
  return all.length > ok.length || dropped > 0 ? unknown : { status: 'pass', marginal: false }
}

function byPercentile(run: RunParts, { thousandths = 0, value }: NaiveLimit): NaiveVerdict {
  const { ok = [], timedOut = [], unfinished = [], dropped = 0 } = run
  const shortest = [...ok, ...timedOut, ...unfinished].sort((a, b) => a - b)
  const endless = Array<number>(timedOut.length + unfinished.length + dropped).fill(Number.MAX_VALUE)
  const longest = [...ok].sort((a, b) => a - b).concat(endless)
  const n = shortest.length
  if (n === 0) return unknown
  const rankOf = (count: number) => {
    let rank = 1
    while (rank * 1000 < thousandths * count) rank++
    return rank
  }
  const fails = (shortest[rankOf(n) - 1] as number) >= value
  const passes = !fails && (longest[rankOf(n + dropped) - 1] as number) < value
  if (!enough(n, thousandths)) {
    const above = shortest.filter((sample) => sample >= value).length
    return above > 0 && tailAtMost5Percent(n, thousandths, above) ? { status: 'fail', marginal: inside() } : unknown
  }
  if (!fails && !passes) return unknown
  return { status: fails ? 'fail' : 'pass', marginal: inside() }

  function inside(): boolean | undefined {
    const [low, high] = ranks(n, thousandths)
    const from = low < 1 ? 0 : (shortest[low - 1] as number)
    const bounded = ok.length === n && enough(n, thousandths) ? (shortest[n - 1] as number) : Number.MAX_VALUE
    const to = high > n ? bounded : (shortest[high - 1] as number)
    return value === from || value === to ? undefined : value > from && value < to
  }
}

function generatorLate(
  { lag = [], generator = {}, asked = {} }: RunParts,
  { metric, thousandths = 0, value }: NaiveLimit,
): boolean {
  if ((generator.utilization ?? 0) >= 0.95 || (generator.loopDelay?.p99 ?? 0) > 50) return true
  if (asked.rate === undefined || lag.length === 0) return false
  const sorted = [...lag].sort((a, b) => a - b)
  const looked = metric === 'max' ? 1000 : Math.max(990, metric === 'percentile' ? thousandths : 0)
  let rank = 1
  while (rank * 1000 < looked * sorted.length) rank++
  const late = sorted[rank - 1] as number
  return /^(percentile|mean|max)$/.test(metric) ? late > 5 && late * 10 > value : late > 10
}

function ended({ ok = [], failed = 0, timedOut = [], unfinished = [], dropped = 0 }: RunParts): number {
  return ok.length + (failed as number) + timedOut.length + unfinished.length + dropped
}

function holds(value: number, relation: NaiveLimit['relation'], bound: number): boolean {
  if (relation === 'below') return value < bound
  if (relation === 'at most') return value <= bound
  if (relation === 'above') return value > bound
  return value >= bound
}

/** q^n <= 1/20, in whole numbers. */
function enough(n: number, thousandths: number): boolean {
  return 20n * BigInt(thousandths) ** BigInt(n) <= 1000n ** BigInt(n)
}

/** Weights of 0..n hits with a chance of so many thousandths each, as whole numbers that sum up to 1000^n. */
function weights(n: number, thousandths: number): bigint[] {
  const key = n * 1000 + thousandths
  const known = cache.get(key)
  if (known) return known
  const rows: bigint[] = []
  let ways = 1n
  for (let hits = 0; hits <= n; hits++) {
    rows.push(ways * BigInt(thousandths) ** BigInt(hits) * BigInt(1000 - thousandths) ** BigInt(n - hits))
    ways = (ways * BigInt(n - hits)) / BigInt(hits + 1)
  }
  cache.set(key, rows)
  return rows
}

const cache = new Map<number, bigint[]>()

/** P(at least so many of n samples are above the percentile) <= 5 %. */
function tailAtMost5Percent(n: number, thousandths: number, above: number): boolean {
  const tail = weights(n, 1000 - thousandths).slice(above)
  return 20n * tail.reduce((sum, weight) => sum + weight, 0n) <= 1000n ** BigInt(n)
}

/** The smallest ranks with cumulative probabilities of 2.5 % and 97.5 %, the upper one plus 1. */
function ranks(n: number, thousandths: number): [number, number] {
  const total = 1000n ** BigInt(n)
  const first = (perMille: bigint) => {
    let sum = 0n
    return weights(n, thousandths).findIndex((weight) => {
      sum += weight
      return 1000n * sum >= perMille * total
    })
  }
  return [first(25n), first(975n) + 1]
}
