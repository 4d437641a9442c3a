// What servers, the user's own probes and the generator used during a run, and whether the generator kept up.
import { formatBytes } from '../src/core/units.ts'
import { type UsageName, usageKinds } from '../src/core/usage.ts'
import type { RunRecord, SeriesRecord, ServerRecord, SummaryRecord } from '../src/record/case-record.ts'
import { labelled, labelMark, labelWidth, type Page } from './page.ts'
import { formatPercent, formatQuantity } from './quantity.ts'
import { sparkline } from './sparkline.ts'
import { tableLines } from './table.ts'
import { type Piece, plain, words } from './text.ts'

/** The others are in the report. */
const shown: readonly UsageName[] = ['cpu', 'memory', 'heapUsed', 'loopBusy', 'loopDelay', 'gcPause']
const mostProbes = 12
const sparkWidth = 16

export function serverLines({ usage }: RunRecord, page: Page): string[] {
  return usage.servers.flatMap((server) => {
    const rows = shown.flatMap((name) => {
      const series = server.series[name]
      return series ? [seriesRow(usageKinds[name].label, series)] : []
    })
    if (rows.length === 0)
      return labelled('server', [{ text: plain(server.name) }, { text: 'nothing was seen of it' }], page)
    return [...seriesTable('server', { head: plain(server.name), rows }, page), ...unseenLines(server, page)]
  })
}

/** What cannot be seen of a server is the same in every case: but for its port. */
function unseenLines({ name, unseen }: ServerRecord, page: Page): string[] {
  const isNew = (sentence: string) => {
    const key = `${name}: ${sentence.replace(/\d+/g, '')}`
    const isKnown = page.told?.has(key)
    page.told?.add(key)
    return !isKnown
  }
  return unseen
    .filter(isNew)
    .flatMap((sentence) => labelled('', words(`not seen: ${plain(sentence)}`, page.colors.dim), page))
}

export function probeLines({ usage: { probes } }: RunRecord, page: Page): string[] {
  const rows = Object.entries(probes).map(([name, series]) => seriesRow(plain(name), series))
  if (rows.length === 0) return []
  const more = rows.length - mostProbes
  return [
    ...seriesTable('probes', { head: 'probe', rows: rows.slice(0, mostProbes) }, page),
    ...(more > 0 ? labelled('', [{ text: `and ${more} more in the report`, paint: page.colors.dim }], page) : []),
  ]
}

function seriesRow(label: string, { unit, mean, max, values }: SeriesRecord): string[] {
  return [label, formatQuantity(mean, unit), formatQuantity(max, unit), sparkline(values, sparkWidth)]
}

interface SeriesTable {
  readonly head: string
  readonly rows: readonly (readonly string[])[]
}

function seriesTable(label: string, { head, rows }: SeriesTable, page: Page): string[] {
  const columns = [{ head }, { head: 'mean' }, { head: 'peak' }, { head: '', align: 'left' as const, spare: 1 }]
  return tableLines({ columns, rows, margin: { width: labelWidth, mark: labelMark(label, page) } }, page)
}

export function generatorLines({ usage: { generator } }: RunRecord, page: Page): string[] {
  if (!generator) return []
  const { keptUp, reasons, cpu, memory } = generator
  const shortfall = `did not keep up: ${reasons.join('; ')}`
  const used = [usedPiece('cpu', cpu, formatPercent), usedPiece('rss', memory, formatBytes)]
  return [
    ...labelled('generator', [...(keptUp ? [{ text: 'kept up' }] : []), ...used], page),
    ...(keptUp ? [] : labelled('', words(shortfall, page.colors.yellow), page)),
  ]
}

function usedPiece(label: string, summary: SummaryRecord | null, format: (value: number) => string): Piece {
  return { text: summary ? `${label} ${format(summary.mean)}, peak ${format(summary.max)}` : `${label} unknown` }
}
