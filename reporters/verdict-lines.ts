// The verdicts of a run as aligned rows: was it met, what was measured, what was asked, and what to think of it.
import type { Unit, Verdict } from '../src/core/verdict.ts'
import type { RunRecord } from '../src/record/case-record.ts'
import { beside, type Page } from './page.ts'
import { formatQuantity } from './quantity.ts'
import { type Piece, plain, shorten, widthOf, words } from './text.ts'

interface Row {
  readonly verdict: Verdict
  readonly metric: string
  readonly value: string
  readonly limit: string
}

const symbols = { pass: '✓', fail: '×', inconclusive: '?' } as const
/** Acceptable is not what was aimed at. */
const degraded = '~'
const shades = { pass: 'green', fail: 'red', inconclusive: 'yellow' } as const

export function verdictLines(run: RunRecord, page: Page): string[] {
  const rows = run.verdicts.map((verdict) => toRow(verdict, run.name, page.columns))
  const widths = {
    metric: Math.max(...rows.map(({ metric }) => widthOf(metric))),
    value: Math.max(...rows.map(({ value }) => widthOf(value))),
    limit: Math.max(...rows.map(({ limit }) => widthOf(limit))),
  }
  return rows.flatMap((row) => verdictLine(row, widths, page))
}

function toRow(verdict: Verdict, run: string, columns: number): Row {
  const { metric, value, limit, unit, relation, subject, atLeast } = verdict
  const slice = subject.startsWith(`${run} > `) ? subject.slice(run.length + 3) : subject === run ? '' : subject
  return {
    verdict,
    metric: shorten(plain(slice ? `${metric}, ${slice}` : metric), Math.floor(columns / 2) - 10),
    value: `${atLeast ? '≥ ' : ''}${formatQuantity(value, unit)}`,
    limit: `${relation} ${formatQuantity(limit, unit)}`,
  }
}

function verdictLine(
  { verdict, metric, value, limit }: Row,
  widths: Record<'metric' | 'value' | 'limit', number>,
  page: Page,
): string[] {
  const { colors, columns } = page
  const isDegraded = verdict.level === 'degraded'
  const shade = isDegraded ? colors.yellow : colors[shades[verdict.status]]
  const remarked = remarks(verdict)
  const pad = (text: string, width = 0) => text + ' '.repeat(width - widthOf(text))
  const head: Piece[] = [
    { text: pad(metric, widths.metric) },
    { text: value.padStart(widths.value), gap: '  ', ...(verdict.status !== 'pass' && { paint: shade.bold }) },
    { text: limit, gap: '  ', paint: colors.dim },
  ]
  // Aligned by the gap, not by the limit itself: a line that breaks there does not end in blanks.
  const first = ' '.repeat(widths.limit - widthOf(limit) + 2)
  const notes = remarked.map((text, index) => ({ text, paint: colors.dim, gap: index === 0 ? first : ' · ' }))
  const under = [verdict.reason ?? [], verdict.notes].flat().flatMap((sentence) => {
    return beside('         ', words(sentence, verdict.status === 'pass' && !isDegraded ? colors.dim : shade), {
      columns,
      width: 9,
    })
  })
  const symbol = isDegraded ? degraded : symbols[verdict.status]
  return [...beside(`     ${shade(symbol)} `, [...head, ...notes], { columns, width: 7 }), ...under]
}

function remarks({ implicit, interval, level, marginal, status, unit }: Verdict): string[] {
  const certainty = unit === 'ms' ? '95 %' : '99 %'
  const bounds = interval && (marginal || status !== 'pass') ? `${certainty} interval ${span(interval, unit)}` : ''
  return [
    level === 'failed' ? '' : (level ?? ''),
    marginal ? 'marginal' : '',
    bounds,
    implicit ? 'implicit' : '',
  ].filter(Boolean)
}

/** `171-196 ms`, `171 ms upwards`. */
function span({ lower, upper }: NonNullable<Verdict['interval']>, unit: Unit): string {
  const [from, to] = [formatQuantity(lower, unit), formatQuantity(upper, unit)]
  if (upper === null) return `${from} upwards`
  const [number, ...unitWords] = from.split(' ')
  return to.endsWith(unitWords.join(' ')) ? `${number}-${to}` : `${from} to ${to}`
}
