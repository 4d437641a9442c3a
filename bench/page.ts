// Renders what was measured as the page `bench/README.md`.
import { type Spread, spreadOf } from '../tests/verify/rounds.ts'
import { type Bound, type Column, type Comparison, judge, type Round } from './comparison.ts'

/** The rounds of one comparison, and where they were run. */
export interface Measured {
  readonly machine: string
  readonly versions: Readonly<Record<string, string | undefined>>
  /** A hash of what was measured and of what measured it. */
  readonly sources: string
  readonly at: string
  readonly rounds: readonly Round[]
}

export type AllMeasured = Readonly<Record<string, Measured>>

export function renderPage(comparisons: readonly Comparison[], all: AllMeasured): string {
  const known = comparisons.filter(({ name }) => all[name])
  const missing = comparisons.filter(({ name }) => !all[name]).map(({ name }) => `\`${name}\``)
  return [
    '# vitest-load beside others',
    'Written by `npm run bench`; nothing on this page was typed by hand. Every figure is the median of several rounds ' +
      'with, in brackets, the least and the most; in a round all contestants run in turn, each round beginning with ' +
      'another one. A ratio is taken within its round. Everything runs on loopback, on one machine: trust the ratios, ' +
      'measure the rest on yours. `npm run bench -- pacing` measures what has that in its name, `--again` anew.',
    ...(missing.length === 0 ? [] : [`Not measured yet: ${missing.join(', ')}.`]),
    places(known, all),
    '## What must hold',
    table(
      ['', 'at most', 'median', 'spread', ''],
      known.flatMap((comparison) => comparison.bounds.map((bound) => boundRow(comparison, bound, all))),
    ),
    ...known.map((comparison) => section(comparison, all[comparison.name] as Measured)),
    '',
  ].join('\n\n')
}

/** One entry for each machine and set of versions that figures come from. */
function places(known: readonly Comparison[], all: AllMeasured): string {
  const entries = new Map<string, string[]>()
  for (const { name } of known) {
    const { machine, versions } = all[name] as Measured
    const tools = Object.entries(versions).map(([tool, version]) => `${tool} ${version ?? 'not installed here'}`)
    const place = `${machine}. ${tools.join(', ')}.`
    entries.set(place, [...(entries.get(place) ?? []), name])
  }
  const names = (of: string[]) => (entries.size === 1 ? '' : ` (${of.join(', ')})`)
  return [...entries].map(([place, of]) => `Measured on ${place}${names(of)}`).join('\n\n')
}

function boundRow({ name }: Comparison, bound: Bound, all: AllMeasured): string[] {
  const { digits, words, atMost } = bound
  const { median, least, most, holds } = judge(bound, all[name]?.rounds ?? [])
  const spread = `${least.toFixed(digits)} to ${most.toFixed(digits)}`
  return [
    `${words} (\`${name}\`)`,
    String(atMost),
    median.toFixed(digits),
    spread,
    holds ? 'holds' : '**does not hold**',
  ]
}

function section(comparison: Comparison, { rounds, at }: Measured): string {
  const { title, method, columns, ratio, truth, contestants, name } = comparison
  const heads = [...(ratio ? [ratio.title] : []), ...columns.map((column) => column.title)]
  const truthRow = truth && [
    truth.name,
    ...(ratio ? ['1'] : []),
    ...columns.map((column) => exact(truth.sample, column)),
  ]
  const rows = contestants.map((contestant) => [contestant.name, ...cells(comparison, contestant.name, rounds)])
  return [
    `## ${title}`,
    table(['', ...heads], [...(truthRow ? [truthRow] : []), ...rows]),
    `${method} (\`${name}\`, ${rounds.length} rounds, ${at.slice(0, 10)})`,
  ].join('\n\n')
}

export function cells({ columns, ratio, truth }: Comparison, name: string, rounds: readonly Round[]): string[] {
  const count = columns.length + (ratio ? 1 : 0)
  const own = rounds.map((round) => round[name]).filter((sample) => sample !== undefined)
  if (own.length === 0) return Array.from({ length: count }, (_, index) => (index === 0 ? 'not installed here' : ''))
  const values = columns.map(({ key, digits }) =>
    spread(
      own.map((sample) => sample[key]),
      digits,
    ),
  )
  if (!ratio) return values
  const ratios = rounds.map((round) => {
    const base = ratio.to === truth?.name ? truth.sample : round[ratio.to]
    return (round[name]?.[ratio.key] ?? Number.NaN) / (base?.[ratio.key] ?? Number.NaN)
  })
  return [spread(ratios, 2), ...values]
}

function spread(values: readonly (number | undefined)[], digits: number): string {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value)) as number[]
  if (known.length === 0) return '-'
  const { median, least, most }: Spread = spreadOf(known)
  return `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`
}

function exact(sample: Round[string], { key }: Column): string {
  return sample[key] === undefined ? '' : String(sample[key])
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(' | ')} |`
  return [line(heads), line(heads.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
