// One probe of a run: asked one question at a time, its answers by name, its gaps, and what became of the questions.
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import type { ProbeReader, ProbeReading, Quantity } from '../core/probe.ts'
import { show } from '../core/problems.ts'
import { redactText } from '../core/redact.ts'
import { fitSeries, type SeriesData, type Span } from '../core/series.ts'
import { warning } from '../core/warning.ts'

interface Column {
  readonly unit: Quantity['unit']
  readonly gaps: Span[]
  readonly atLeast: Span[]
  readonly at: number[]
  readonly values: number[]
}

/** Numbers of one probe; what has a name of its own for each user or each request would fill the memory. */
const mostNumbers = 100

export class FollowedProbe {
  readonly #name: string
  readonly #reader: ProbeReader
  readonly #limit: number
  readonly #columns = new Map<string, Column>()
  readonly #absent = new Set<string>()
  readonly #remarks = new Set<string>()
  readonly #given = new AbortController()
  readonly #gaps: Span[] = []
  /** Up to when something is known, or known to be missing. */
  #told = performance.now()
  #asked = 0
  #failed = 0
  #reason = ''
  /** Also after nobody waits for it any more. */
  #isRunning = false
  #waiting: Promise<void> = Promise.resolve()

  constructor(name: string, reader: ProbeReader, limit: number) {
    this.#name = name
    this.#reader = reader
    this.#limit = limit
  }

  /** Resolves when the answer has come, or nobody waits for it any more. Does nothing while the last one is under way. */
  ask(): Promise<void> {
    if (this.#isRunning) {
      this.#miss()
      return this.#waiting
    }
    this.#asked++
    this.#isRunning = true
    this.#waiting = this.#ask()
    return this.#waiting
  }

  /** Resolves when no answer is waited for. */
  idle(): Promise<void> {
    return this.#waiting
  }

  stop(): void {
    this.#given.abort()
  }

  async #ask(): Promise<void> {
    const late = new AbortController()
    const { promise: timedOut, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      reject(new Error(`no answer within ${this.#limit / 1000} s`))
      late.abort()
    }, this.#limit)
    const answer = this.#start(AbortSignal.any([late.signal, this.#given.signal]))
    try {
      this.#keep(await Promise.race([answer, timedOut]), performance.now())
    } catch (error) {
      this.#miss()
      this.#fail(reasonOf(error))
    } finally {
      clearTimeout(timer)
    }
  }

  async #start(signal: AbortSignal): Promise<ProbeReading> {
    try {
      return await this.#reader(signal)
    } finally {
      this.#isRunning = false
    }
  }

  #keep({ values, absent = [], remarks = [] }: ProbeReading, at: number): void {
    for (const name of absent) this.#absent.add(name)
    for (const remark of remarks) this.#remarks.add(remark)
    const broken: string[] = []
    const time = { start: this.#told, end: at }
    this.#told = at
    for (const [name, quantity] of Object.entries(values)) {
      const { value, atLeast } = quantity
      if (Number.isFinite(value)) this.#add(name, quantity, at)
      const column = this.#columns.get(name)
      if (atLeast && column) extend(column.atLeast, time)
      if (!Number.isFinite(value)) {
        if (column) extend(column.gaps, time)
        broken.push(`${this.#fullName(name)}: expected a finite number, got ${show(value)}`)
      }
    }
    if (broken.length > 0) this.#fail(broken.join('; '))
  }

  #miss(): void {
    const now = performance.now()
    extend(this.#gaps, { start: this.#told, end: now })
    this.#told = now
  }

  #add(name: string, { value, unit }: Quantity, at: number): void {
    const column = this.#columns.get(name) ?? { unit, gaps: [], atLeast: [], at: [], values: [] }
    if (this.#columns.size >= mostNumbers && !this.#columns.has(name)) {
      this.#remarks.add(`it has more than ${mostNumbers} numbers: the rest was left out; name those that are meant`)
      return
    }
    this.#columns.set(name, column)
    column.at.push(at)
    column.values.push(value)
  }

  #fail(reason: string): void {
    this.#failed++
    this.#reason ||= reason
  }

  series(isMeant: (at: number) => boolean, start: number): Record<string, SeriesData> {
    const never = this.#columns.size === 0 && this.#absent.size === 0 ? [''] : this.#neverGiven
    const none = never.map((name) => [this.#fullName(name), { unit: 'count', at: [], values: [] }] as const)
    const known = [...this.#columns].map(([name, { unit, gaps, atLeast, at, values }]) => {
      const missed = fromStart([...this.#gaps, ...gaps], start)
      const bounded = fromStart(atLeast, start)
      const kept = at.map(isMeant)
      const data = {
        unit,
        at: at.filter((_, index) => kept[index]).map((time) => time - start),
        values: values.filter((_, index) => kept[index]),
        ...(missed.length > 0 ? { gaps: missed } : {}),
        ...(bounded.length > 0 ? { atLeast: bounded } : {}),
      }
      return [this.#fullName(name), fitSeries(data, 'both')] as const
    })
    return Object.fromEntries([...none, ...known])
  }

  warnings(): string[] {
    const never = this.#neverGiven
    return [
      ...(this.#failed === 0 ? [] : [warning.probeFailed(this.#name, this.#failure)]),
      ...(never.length === 0 ? [] : [warning.probeAbsent(this.#name, never)]),
      ...[...this.#remarks].map((remark) => warning.probeRemark(this.#name, remark)),
    ]
  }

  /** What was asked for by name and had no value at any time. */
  get #neverGiven(): string[] {
    const given = [...this.#columns.keys()]
    return [...this.#absent].filter((name) => !given.some((key) => key === name || key.startsWith(`${name}.`)))
  }

  get #failure() {
    const [asked, failed, reason] = [this.#asked, this.#failed, this.#reason]
    return { asked, failed, reason, isSilent: this.#columns.size === 0, isRunning: this.#isRunning }
  }

  #fullName(name: string): string {
    return name === '' ? this.#name : `${this.#name}.${name}`
  }
}

const mostGaps = 300

/** A gap that follows another at once is its continuation. Where there are too many, neighbours become one. */
function extend(gaps: Span[], { start, end }: Span): void {
  const last = gaps.at(-1)
  if (last && (last.end === start || gaps.length >= mostGaps)) gaps[gaps.length - 1] = { start: last.start, end }
  else gaps.push({ start, end })
}

function fromStart(gaps: readonly Span[], zero: number): Span[] {
  const moved = gaps.map(({ start, end }) => ({ start: Math.max(0, start - zero), end: end - zero }))
  return moved.filter(({ end }) => end > 0).sort((a, b) => a.start - b.start)
}

/** One line of it, without secrets. */
function reasonOf(error: unknown): string {
  const text =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code ?? error.name) : show(error)
  const line = redactText(text).split('\n', 1)[0] as string
  return line.length > 200 ? `${line.slice(0, 197)}...` : line
}
