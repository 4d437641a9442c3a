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
  if (hurt && run.generator?.sharesLoop) return unknown
  const verdict = byNumbers(run, limit)
  if (verdict.status === 'fail' && hurt && generatorLate(run, limit)) return unknown
  if (verdict.status === 'pass' && run.aborted !== undefined) return unknown
  return verdict
}

function byNumbers(run: RunParts, limit: NaiveLimit): NaiveVerdict {
  const { ok = [], timedOut = [], failed = 0, dropped = 0, duration = 10_000 } = run
  if (limit.metric === 'percentile') return byPercentile(run, limit)
  if (limit.metric === 'mean' || limit.metric === 'max') return bySpread(run, limit)
  const counted = run.asked?.rate === undefined ? (run.okInTime ?? ok.length) : ok.length
  const perSecond = duration === 0 ? Number.NaN : (counted * 1000) / duration
  const ends = ok.length + (failed as number) + timedOut.length
  const [held, broken] = [0, 1].map((at) => (run.checks ?? []).reduce((sum, c) => sum + (at ? c.failed : c.passed), 0))
  const values: Record<string, [number, number?]> = {
    errorRate: [((failed as number) + timedOut.length) / ends],
    throughput: [perSecond],
    rate: [perSecond, limit.value * 0.99],
    dropped: [dropped],
    checks: [(held as number) / ((held as number) + (broken as number))],
  }
  if (limit.metric === 'cpu' || limit.metric === 'memory') return byServers(run, limit)
  const [value, bound = limit.value] = values[limit.metric] as [number, number?]
  return Number.isNaN(value)
    ? unknown
    : { status: holds(value, limit.relation, bound) ? 'pass' : 'fail', marginal: false }
}

function byServers({ servers = [] }: RunParts, { metric, value }: NaiveLimit): NaiveVerdict {
  const known = servers.filter(({ samples }) => samples.length > 0)
  const worst = known.map(({ samples }) =>
    metric === 'cpu'
      ? samples.reduce((sum, sample) => sum + sample.cpuPercent, 0) / samples.length
      : Math.max(...samples.map((sample) => sample.rssBytes)),
  )
  if (worst.some((one) => one >= value)) return { status: 'fail', marginal: false }
  return known.length > 0 && known.length === servers.length ? { status: 'pass', marginal: false } : unknown
}

function bySpread(run: RunParts, { metric, value }: NaiveLimit): NaiveVerdict {
  const { ok = [], timedOut = [], unfinished = [] } = run
  const all = [...ok, ...timedOut, ...unfinished]
  if (all.length === 0) return unknown
  let [sum, most] = [0, 0]
  for (const sample of all) {
    sum += sample
    if (sample > most) most = sample
  }
  const least = metric === 'mean' ? sum / all.length : most
  if (least >= value) return { status: 'fail', marginal: false }
  return all.length > ok.length ? unknown : { status: 'pass', marginal: false }
}

function byPercentile(run: RunParts, { thousandths = 0, value }: NaiveLimit): NaiveVerdict {
  const { ok = [], timedOut = [], unfinished = [] } = run
  const shortest = [...ok, ...timedOut, ...unfinished].sort((a, b) => a - b)
  const longest = [...ok, ...[...timedOut, ...unfinished].map(() => Number.MAX_VALUE)].sort((a, b) => a - b)
  const n = shortest.length
  if (n === 0) return unknown
  let rank = 1
  while (rank * 1000 < thousandths * n) rank++
  const fails = (shortest[rank - 1] as number) >= value
  const passes = (longest[rank - 1] as number) < value
  if (!enough(n, thousandths)) {
    const above = shortest.filter((sample) => sample >= value).length
    return above > 0 && tailAtMost5Percent(n, thousandths, above) ? { status: 'fail', marginal: inside() } : unknown
  }
  if (!fails && !passes) return unknown
  return { status: fails ? 'fail' : 'pass', marginal: inside() }

  function inside(): boolean | undefined {
    const [low, high] = ranks(n, thousandths)
    const from = low < 1 ? 0 : (shortest[low - 1] as number)
    const to = high > n ? Number.MAX_VALUE : (shortest[high - 1] as number)
    return value === from || value === to ? undefined : value > from && value < to
  }
}

function generatorLate({ lag = [], generator = {}, asked = {} }: RunParts, { metric, value }: NaiveLimit): boolean {
  if ((generator.utilization ?? 0) >= 0.95 || (generator.loopDelay?.p99 ?? 0) > 50) return true
  if (asked.rate === undefined || lag.length === 0) return false
  const sorted = [...lag].sort((a, b) => a - b)
  let rank = 1
  while (rank * 100 < 99 * sorted.length) rank++
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
