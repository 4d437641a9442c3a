// The requests of a list, a small row each.
import type { RunRecord } from '../src/record/case-record.ts'
import { labelled, labelMark, labelWidth, type Page } from './page.ts'
import { formatQuantity, formatTime } from './quantity.ts'
import { tableLines } from './table.ts'
import { plain } from './text.ts'

const mostRows = 12
const columns = ['request', 'ok', 'errors', 'p50', 'p95', 'p99 ms'].map((head) => ({ head }))

export function requestLines({ requests }: RunRecord, page: Page): string[] {
  if (requests.length === 0) return []
  const rows = requests
    .slice(0, mostRows)
    .map(({ name, iterations, errorRate, latency }) => [
      plain(name),
      iterations.ok.toLocaleString('en-US'),
      formatQuantity(errorRate, 'share'),
      ...(['p50', 'p95', 'p99'] as const).map((time) => formatTime(latency, time)),
    ])
  const more = requests.length - rows.length
  return [
    ...tableLines({ columns, rows, margin: { width: labelWidth, mark: labelMark('requests', page) } }, page),
    ...(more > 0 ? labelled('', [{ text: `and ${more} more in the report`, paint: page.colors.dim }], page) : []),
  ]
}
