// The requests of a list, a small row each.
import { formatNumber } from '../src/core/units.ts'
import type { RequestRecord, RunRecord } from '../src/record/case-record.ts'
import { labelled, labelWidth, type Page } from './page.ts'
import { formatQuantity } from './quantity.ts'
import { plain, shorten, widthOf } from './text.ts'

const mostRows = 12
const heads = ['request', 'ok', 'errors', 'p50', 'p95', 'p99 ms'] as const

export function requestLines({ requests }: RunRecord, page: Page): string[] {
  if (requests.length === 0) return []
  const rows = requests.slice(0, mostRows).map(cells)
  const widths = heads.map((head, column) =>
    Math.max(...[[...heads], ...rows].map((row) => widthOf(row[column] ?? head))),
  )
  const numbers = widths.slice(1).reduce((sum, width) => sum + width + 2, 0)
  const name = Math.max(4, Math.min(widths[0] as number, page.columns - labelWidth - numbers))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = column === 0 ? name : (widths[column] as number)
        const text = shorten(cell, width)
        const space = ' '.repeat(width - widthOf(text))
        return column === 0 ? text + space : space + text
      })
      .join('  ')
  const more = requests.length - rows.length
  return [
    ...labelled('requests', [{ text: line(heads), paint: page.colors.dim }], page),
    ...rows.flatMap((row) => labelled('', [{ text: line(row) }], page)),
    ...(more > 0 ? labelled('', [{ text: `and ${more} more in the report`, paint: page.colors.dim }], page) : []),
  ]
}

function cells({ name, iterations, errorRate, latency }: RequestRecord): string[] {
  const ms = (value: number | null) => (value === null ? '-' : formatNumber(value))
  return [
    plain(name),
    iterations.ok.toLocaleString('en-US'),
    formatQuantity(errorRate, 'share'),
    ms(latency.p50),
    ms(latency.p95),
    ms(latency.p99),
  ]
}
