// What each of several servers had of a run, a small row each.
import type { RunRecord } from '../src/record/case-record.ts'
import { labelled, labelMark, labelWidth, type Page } from './page.ts'
import { formatQuantity, formatTime } from './quantity.ts'
import { tableLines } from './table.ts'
import { plain } from './text.ts'

const mostRows = 12
const columns = ['server', 'requests', 'errors', 'p50', 'p95', 'p99 ms'].map((head) => ({ head }))

export function serverShareLines({ servers }: RunRecord, page: Page): string[] {
  if (servers.length < 2) return []
  const rows = servers
    .slice(0, mostRows)
    .map(({ name, iterations, errorRate, latency }) => [
      plain(name),
      iterations.scheduled.toLocaleString('en-US'),
      formatQuantity(errorRate, 'share'),
      ...(['p50', 'p95', 'p99'] as const).map((time) => formatTime(latency, time)),
    ])
  const more = servers.length - rows.length
  const seen = servers.some(({ source }) => source === 'relay') ? ['requests as the relays saw them'] : []
  const remarks = [...seen, ...(more > 0 ? [`${more} more servers in the report`] : [])]
  return [
    ...tableLines({ columns, rows, margin: { width: labelWidth, mark: labelMark('servers', page) } }, page),
    ...remarks.flatMap((text) => labelled('', [{ text, paint: page.colors.dim }], page)),
  ]
}
