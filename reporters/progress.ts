// The line that moves while a run is under way: inside Vitest's live window where there is one, else now and then.
import { performance } from 'node:perf_hooks'
import { askedStages } from '../src/core/asked-words.ts'
import { formatBytes, formatCount, formatMs } from '../src/core/units.ts'
import type { ProgressRecord } from '../src/record/case-record.ts'
import type { Page } from './page.ts'
import { formatPercent, formatRate } from './quantity.ts'
import { plain, shorten, widthOf } from './text.ts'

/** Progress comes about once a second: a little less than 5 s, so that a late one does not make it 6. */
const quietTime = 4500
/** ms from which on a rate says something. */
const shortest = 500
/** Columns of its name that a run keeps before facts are left out. */
const leastName = 16

/** What Vitest's default and dot reporters have on a terminal. Not public: each part may be missing. */
interface Window {
  createSummary?: () => string[]
  readonly renderer?: { finish?: () => void }
}

interface Live {
  readonly now: ProgressRecord
  readonly before: ProgressRecord | undefined
}

export interface ProgressOptions {
  readonly log: (line: string) => void
  readonly page: () => Page
  /** Monotonic ms. */
  readonly now?: () => number
}

export class ProgressLine {
  readonly #options: Required<ProgressOptions>
  readonly #live = new Map<string, Live>()
  readonly #windows = new Set<Window>()
  #loggedAt: number | undefined

  constructor(options: ProgressOptions) {
    this.#options = { now: () => performance.now(), ...options }
  }

  /** Puts the line into the live window of a reporter. Where none of these has one, lines are logged. */
  attach(reporters: readonly unknown[]): void {
    for (const reporter of reporters) {
      const window = windowOf(reporter)
      if (typeof window.createSummary !== 'function' || !window.renderer || this.#windows.has(window)) continue
      this.#windows.add(window)
      const rows = window.createSummary.bind(window)
      window.createSummary = () => this.#below(rows())
    }
  }

  update(testId: string, progress: ProgressRecord): void {
    const last = this.#live.get(testId)?.now
    this.#live.set(testId, { now: progress, before: last?.id === progress.id ? last : undefined })
    if (this.#windows.size > 0) return
    const now = this.#options.now()
    this.#loggedAt ??= now
    if (now - this.#loggedAt < quietTime) return
    this.#loggedAt = now
    const { colors } = this.#options.page()
    this.#options.log(progressLine(this.#live.get(testId) as Live, { colors, columns: Number.POSITIVE_INFINITY }))
  }

  /** The run is over, and its line with it; another may follow. */
  clear(testId: string): void {
    this.#live.delete(testId)
  }

  /** The test is over. */
  end(testId: string): void {
    this.clear(testId)
    if (this.#live.size === 0) this.#loggedAt = undefined
  }

  /** Nothing moves any more. A window left open would be drawn once more at exit, over what was printed since. */
  close(): void {
    this.#live.clear()
    for (const { renderer } of this.#windows) renderer?.finish?.()
  }

  /** The window's first row is empty: ours go under it, with an empty one of their own. */
  #below([first = '', ...others]: string[]): string[] {
    const lines = [...this.#live.values()].map((live) => progressLine(live, this.#options.page()))
    return lines.length === 0 ? [first, ...others] : [first, ...lines, '', ...others]
  }
}

/** The default reporter has it in a part of its own, the dot reporter in itself. */
function windowOf(reporter: unknown): Window {
  return (reporter as { readonly summary?: Window }).summary ?? (reporter as Window)
}

/** `load  POST /api/sessions  12/30 s  198.2/s  p95 42 ms  0 errors  server cpu 43 % rss 112 MB`; what is too much goes. */
export function progressLine({ now, before }: Live, { columns, colors }: Page): string {
  const name = plain(now.name)
  const room = columns - widthOf(' load  ') - 2 - Math.min(widthOf(name), leastName)
  const isTooWide = (facts: readonly string[]) => widthOf(facts.join('  ')) > room
  let facts = factsOf(now, { before, stage: stageOf(now, 'long') })
  if (isTooWide(facts)) facts = factsOf(now, { before, stage: stageOf(now, 'short') })
  while (facts.length > 1 && isTooWide(facts)) facts.pop()
  const shown = shorten(name, Math.min(columns - widthOf(' load  ') - widthOf(facts.join('  ')) - 2, 60))
  return ` ${colors.cyan('load')}  ${colors.bold(shown)}  ${facts.join('  ')}`
}

interface Facts {
  readonly before: ProgressRecord | undefined
  readonly stage: readonly string[]
}

function factsOf(now: ProgressRecord, { before, stage }: Facts): string[] {
  const { tick, servers } = now
  if (tick.elapsed < 0) return [`warming up, ${Math.ceil(-tick.elapsed / 1000)} s left`]
  const { failed, timedOut, dropped } = tick.iterations
  const usage = servers.flatMap(({ name, cpuPercent, rssBytes }) => [
    `${plain(name)} cpu ${formatPercent(cpuPercent)}`,
    `rss ${formatBytes(rssBytes)}`,
  ])
  return [
    extentOf(now),
    ...stage,
    ...recentRate(now, before),
    `p95 ${formatMs(tick.p95)}`,
    formatCount(failed + timedOut, 'error'),
    ...(dropped > 0 ? [`${dropped.toLocaleString('en-US')} dropped`] : []),
    ...usage,
  ]
}

/** How much of the time, or of the iterations, is over. */
function extentOf({ tick, asked }: ProgressRecord): string {
  const { amount, iterations = amount, iterationsPerVu, vus = 1, duration } = asked
  const all = iterationsPerVu === undefined ? iterations : iterationsPerVu * vus
  if (all !== undefined) {
    return `${tick.iterations.scheduled.toLocaleString('en-US')}/${formatCount(all, 'iteration')}`
  }
  const elapsed = Math.round(tick.elapsed / 1000)
  if (duration === undefined) return `${elapsed} s`
  const planned = Math.round(duration / 1000)
  return `${Math.min(elapsed, planned)}/${planned} s`
}

/** The stage that is under way: `stage spike 2/3, 4 s left`, or without its time; `stage 2/3` where it has no name of its own. */
function stageOf({ tick, asked }: ProgressRecord, length: 'long' | 'short'): string[] {
  const stages = askedStages(asked)
  const next = stages.findIndex(({ end }) => tick.elapsed < end)
  const index = next < 0 ? stages.length - 1 : next
  const stage = stages[index]
  if (!stage) return []
  const name = stage.name === `stage ${index + 1}` ? '' : `${shorten(plain(stage.name), 20)} `
  const left = Math.ceil(Math.max(0, stage.end - tick.elapsed) / 1000)
  return [`stage ${name}${index + 1}/${stages.length}${length === 'long' ? `, ${left} s left` : ''}`]
}

/** What ended per second since the progress before, or since the start; nothing when that is too short to tell. */
function recentRate({ tick }: ProgressRecord, before: ProgressRecord | undefined): string[] {
  const ended = ({ iterations }: ProgressRecord['tick']) => iterations.ok + iterations.failed + iterations.timedOut
  const since = before && before.tick.elapsed >= 0 ? before.tick : undefined
  const time = tick.elapsed - (since?.elapsed ?? 0)
  return time < shortest ? [] : [formatRate(((ended(tick) - (since ? ended(since) : 0)) * 1000) / time)]
}
