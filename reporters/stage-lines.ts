// The stages of a run, a row each; of many those that were judged, and the worst of the others.
import { formatLevel, wayWords } from '../src/core/asked-words.ts'
import type { RunRecord, StageRecord } from '../src/record/case-record.ts'
import { beside, labelWidth, type Page } from './page.ts'
import { formatQuantity, formatTime } from './quantity.ts'
import { type Column, tableLines } from './table.ts'
import { plain } from './text.ts'

const mostRows = 8
const margin = 5
/** The first column begins where labels do, and the second where what is labelled does. */
const head = 'stage'.padEnd(labelWidth - margin - 2)
const severities = ['fail', 'inconclusive', 'pass'] as const

export function stageLines(run: RunRecord, page: Page): string[] {
  const { stages, model } = run
  if (stages.length === 0) return []
  const columns: readonly Column[] = [
    { head },
    { head: model === 'open' ? 'asked/s' : 'users', align: 'left' },
    { head: 'n', spare: 2 },
    { head: 'ok/s' },
    { head: 'p50', spare: 1 },
    { head: 'p95' },
    { head: 'p99', spare: 3 },
    { head: 'max ms' },
    { head: 'errors' },
  ]
  const shown = mostTelling(run)
  const more = stages.length - shown.length
  const rest = `… and ${more} more in the report: shown are the judged and the worst`
  return [
    ...tableLines({ columns, rows: shown.map(cells), margin: { width: margin, mark: ' '.repeat(margin) } }, page),
    ...(more > 0
      ? beside(' '.repeat(margin), [{ text: rest, paint: page.colors.dim }], { columns: page.columns, width: margin })
      : []),
  ]
}

/** In the order of time. */
function mostTelling(run: RunRecord): readonly StageRecord[] {
  const ranked = run.stages.map((stage) => ({ stage, severity: severityOf(stage, run) }))
  ranked.sort(
    (a, b) =>
      a.severity - b.severity ||
      (b.stage.errorRate ?? 0) - (a.stage.errorRate ?? 0) ||
      (b.stage.latency.p95 ?? 0) - (a.stage.latency.p95 ?? 0),
  )
  const kept = new Set(ranked.slice(0, mostRows).map(({ stage }) => stage))
  return run.stages.filter((stage) => kept.has(stage))
}

/** The place of its worst verdict, or of a verdict on one of its requests, among the severities; behind them without any. */
function severityOf({ name }: StageRecord, { name: run, verdicts }: RunRecord): number {
  const subject = `${run} > ${name}`
  const own = verdicts.filter((verdict) => verdict.subject === subject || verdict.subject.startsWith(`${subject} > `))
  return Math.min(severities.length, ...own.map(({ status }) => severities.indexOf(status)))
}

function cells({ name, from, to, iterations, throughput, errorRate, latency }: StageRecord): string[] {
  return [
    plain(name),
    wayWords([from, to]),
    iterations.scheduled.toLocaleString('en-US'),
    throughput === null ? '-' : formatLevel(throughput),
    ...(['p50', 'p95', 'p99', 'max'] as const).map((time) => formatTime(latency, time)),
    formatQuantity(errorRate, 'share'),
  ]
}
