// One run as lines of the terminal summary: how much was asked, the verdicts, and what a reader needs to believe them.
import { askedStages, askedWords } from '../src/core/asked-words.ts'
import { meanLevel } from '../src/core/stage.ts'
import { formatCount, formatNumber, formatSpan } from '../src/core/units.ts'
import type { RunRecord } from '../src/record/case-record.ts'
import { beside, labelled, labelMark, labelWidth, type Page } from './page.ts'
import { formatRate } from './quantity.ts'
import { requestLines } from './request-lines.ts'
import { serverShareLines } from './server-share-lines.ts'
import { stageLines } from './stage-lines.ts'
import { type Piece, plain, shorten, words } from './text.ts'
import { generatorLines, probeLines, serverLines } from './usage-lines.ts'
import { verdictLines } from './verdict-lines.ts'

/** A run that another case shows in full: what was said about it here. */
export function judgedLines(run: RunRecord, { shownAt, page }: { readonly shownAt: string; readonly page: Page }) {
  const { columns, colors } = page
  const pieces = [
    { text: plain(run.name), paint: colors.bold },
    { text: `run of ${plain(shownAt)}`, paint: colors.dim },
  ]
  return [...beside('   ', pieces, { columns, width: 3 }), ...verdictLines(run, page)]
}

export function runLines(run: RunRecord, page: Page): string[] {
  return [
    ...headLines(run, page),
    ...verdictLines(run, page),
    ...labelled('iterations', ledger(run, page), page),
    ...labelled('latency', percentiles(run, page), page),
    ...labelled('rate', rates(run, page), page),
    ...stageLines(run, page),
    ...requestLines(run, page),
    ...serverShareLines(run, page),
    ...checkLines(run, page),
    ...errorLines(run, page),
    ...serverLines(run, page),
    ...probeLines(run, page),
    ...generatorLines(run, page),
    ...warmupLines(run, page),
    ...remarkLines(run, page),
  ]
}

function headLines(run: RunRecord, page: Page): string[] {
  const { columns, colors } = page
  const [name, target] = [plain(run.name), plain(run.target)]
  // The second run of a target in a test is called after it, `GET / (2)`.
  const told = [target, target.replace(/\w+:\/\/[^/]+/, '')].includes(name.replace(/ \(\d+\)$/, ''))
  const pieces: Piece[] = [
    { text: name, paint: colors.bold },
    ...(told ? [] : [{ text: target, paint: colors.dim }]),
    ...askedPieces(run, page),
    { text: `${run.model} model`, paint: colors.dim },
  ]
  const lines = beside('   ', pieces, { columns, width: 3 })
  if (run.aborted === undefined) return lines
  const planned = run.asked.duration === undefined ? '' : ` of ${formatSpan(run.asked.duration)}`
  const sentence = `PARTIAL: ended after ${formatSpan(run.duration)}${planned}: ${run.aborted}`
  return [...lines, ...beside('     ', words(sentence, colors.yellow.bold), { columns, width: 5 })]
}

/** May be broken after each comma. */
function askedPieces({ asked }: RunRecord, { colors }: Page): Piece[] {
  const [first = '', ...others] = askedWords(asked).split(/(?<=,) /)
  return [{ text: first, paint: colors.dim }, ...others.map((text) => ({ text, gap: ' ', paint: colors.dim }))]
}

function ledger({ iterations }: RunRecord, { colors }: Page): Piece[] {
  const { ok, failed, timedOut, unfinished, dropped, scheduled } = iterations
  const others = [
    { count: failed, name: 'failed', paint: colors.red },
    { count: timedOut, name: 'timed out', paint: colors.red },
    { count: unfinished, name: 'unfinished', paint: colors.yellow },
    { count: dropped, name: 'dropped', paint: colors.yellow },
  ]
  return [
    { text: `${ok.toLocaleString('en-US')} ok` },
    ...others
      .filter(({ count }) => count > 0)
      .map(({ count, name, paint }) => ({ text: `${count.toLocaleString('en-US')} ${name}`, paint })),
    { text: `of ${scheduled.toLocaleString('en-US')}`, gap: ' ', paint: colors.dim },
  ]
}

function percentiles({ latency }: RunRecord, { colors }: Page): Piece[] {
  const { count, censored } = latency
  if (count === 0) return [{ text: 'unknown: no iteration ended ok', paint: colors.yellow }]
  const known = (['p50', 'p90', 'p95', 'p99', 'max'] as const).flatMap((name) => {
    const value = latency[name]
    return value === null ? [] : [{ name, value }]
  })
  const seconds = known.every(({ value }) => value >= 10_000)
  return [
    ...known.map(({ name, value }, index) => ({
      text: `${name} ${formatNumber(seconds ? value / 1000 : value)}${index === known.length - 1 ? (seconds ? ' s' : ' ms') : ''}`,
      ...(index > 0 && { gap: '   ' }),
    })),
    ...(censored > 0
      ? [{ text: `at least, for ${censored.toLocaleString('en-US')} cut short`, gap: '   ', paint: colors.yellow }]
      : []),
  ]
}

function rates(run: RunRecord, { colors }: Page): Piece[] {
  const { asked, reachedRate, throughput } = run
  const shown = (rate: number | null) => (rate === null ? '-' : formatRate(rate))
  const rate = askedRate(run)
  const behind = rate !== undefined && reachedRate !== null && reachedRate < rate * 0.99
  const mean = asked.stages === undefined ? '' : ' on average'
  return [
    ...(rate === undefined ? [] : [{ text: `${formatRate(rate)} asked${mean}` }]),
    { text: `${shown(reachedRate)} reached`, ...(behind && { paint: colors.yellow }) },
    { text: `${shown(throughput)} ok` },
  ]
}

/** Of stages the mean up to the end of the run. */
function askedRate({ asked, model, duration }: RunRecord): number | undefined {
  const stages = askedStages(asked)
  const until = Math.min(duration, stages.at(-1)?.end ?? 0)
  return model === 'open' && until > 0 ? meanLevel(stages, 0, until) : asked.rate
}

function checkLines({ checks }: RunRecord, page: Page): string[] {
  if (checks.length === 0) return []
  const pieces = checks.map(({ name, passed, failed }) => {
    const [symbol, paint] = failed === 0 ? ['✓', page.colors.green] : ['×', page.colors.red]
    const count = failed === 0 ? '' : ` ${failed.toLocaleString('en-US')} of ${formatNumber(passed + failed)} failed`
    return { text: `${symbol} ${plain(name)}${count}`, paint }
  })
  return labelled('checks', pieces, page)
}

function errorLines({ errors }: RunRecord, page: Page): string[] {
  const { columns, colors } = page
  return errors.flatMap(({ kind, count, example }, index) => {
    const head = `${count.toLocaleString('en-US')} ${kind}  `
    const mark = `${labelMark(index === 0 ? 'errors' : '', page)}${colors.red(head)}`
    return beside(mark, words(example, colors.dim), { columns, width: labelWidth + head.length })
  })
}

function warmupLines({ warmup }: RunRecord, page: Page): string[] {
  if (warmup.duration === 0) return []
  const count = warmup.iterations ? `, ${formatCount(warmup.iterations.scheduled, 'iteration')}` : ''
  const text = `${formatSpan(warmup.duration)}${count}, in none of the numbers`
  return labelled('warm-up', words(text, page.colors.dim), page)
}

/** Warnings and reasons against the run, in sentences; further lines of one (a log's tail) are quoted as they are. */
function remarkLines({ warnings, invalid }: RunRecord, { columns, colors }: Page): string[] {
  const doubts = invalid.map((reason) => `no verdict can be given: ${reason}`)
  return [...doubts, ...warnings].flatMap((remark) => {
    const [sentence = '', ...quoted] = remark.split('\n')
    return [
      ...beside(`     ${colors.yellow('!')} `, words(sentence, colors.yellow), { columns, width: 7 }),
      ...quoted.map((line) => `       ${colors.dim(shorten(plain(line), columns - 7))}`),
    ]
  })
}
