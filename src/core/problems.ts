// Collects every mistake of one call, so that a person mends them all at once.
import { LoadTestError } from './errors.ts'
import { redactText, redactValue } from './redact.ts'

interface UnknownKeys {
  /** Stands before the key. */
  readonly place?: string
  readonly noun?: string
  /** Says of a key where it belongs, if anywhere. */
  readonly elsewhere?: (key: string) => string | undefined
}

export class Problems {
  readonly #call: string
  readonly #rows: { name: string; text: string }[] = []

  /** @param call what the user wrote, such as `load()` */
  constructor(call: string) {
    this.#call = call
  }

  /** `expected` completes "expected ...", `got` is the value as the user gave it. */
  expected(name: string, expected: string, got: unknown): void {
    this.add(name, `expected ${expected}, got ${redactValue(name, show(got))}`)
  }

  add(name: string, text: string): void {
    this.#rows.push({ name, text })
  }

  /** Every key of what was given that is not known, with where it belongs or the one that was probably meant. */
  unknownKeys(
    given: object,
    known: readonly string[],
    { place = '', noun = 'unknown option', elsewhere = () => undefined }: UnknownKeys = {},
  ): void {
    for (const key of Object.keys(given)) {
      if (known.includes(key)) continue
      const near = nearest(key, known)
      const there = near ? `did you mean ${near}?` : `there are ${known.join(', ')}`
      this.add(`${place}${key}`, elsewhere(key) ?? `${noun}; ${there}`)
    }
  }

  get none(): boolean {
    return this.#rows.length === 0
  }

  /** Throws one `LoadTestError` (`invalid-options`) that lists everything added so far. */
  throwIfAny(): void {
    if (this.none) return
    const width = Math.max(...this.#rows.map((row) => row.name.length)) + 1
    const count = this.#rows.length === 1 ? '1 option is wrong' : `${this.#rows.length} options are wrong`
    const lines = this.#rows.map((row) => `  ${`${row.name}:`.padEnd(width)} ${row.text}`)
    throw new LoadTestError('invalid-options', `${this.#call}: ${count}\n${lines.join('\n')}`)
  }
}

/** A value as its author would recognise it, never longer than a line, without secrets. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${escapeControls(redactText(value))}'` : redactText(describe(value))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function escapeControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (control) => JSON.stringify(control).slice(1, -1))
}

function describe(value: unknown): string {
  if (typeof value === 'function') return value.name ? `function ${value.name}` : 'a function'
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return String(value)
  try {
    return JSON.stringify(value) ?? Object.prototype.toString.call(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}

/** The known name nearest to a mistyped one, or undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, steps: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.steps - b.steps)
  const best = ranked[0]
  return best && best.steps <= Math.max(1, Math.floor(name.length / 3)) ? best.candidate : undefined
}

// Levenshtein distance, row by row.
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const substitution = (above[column - 1] as number) + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(substitution, (above[column] as number) + 1, (current[column - 1] as number) + 1))
    }
    above = current
  }
  return above[b.length] as number
}
