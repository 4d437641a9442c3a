// Reads the text format in which servers expose metrics: Prometheus 0.0.4, and OpenMetrics where it differs.
import { redactText } from '../core/redact.ts'

export type MetricType =
  | 'counter'
  | 'gauge'
  | 'histogram'
  | 'gaugehistogram'
  | 'summary'
  | 'info'
  | 'stateset'
  | 'untyped'

export interface MetricSample {
  /** With its suffix: `http_request_duration_seconds_bucket`. */
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  /** NaN and the infinities too. */
  readonly value: number
}

export interface MetricFamily {
  readonly name: string
  readonly type: MetricType
  readonly help: string
  readonly samples: readonly MetricSample[]
}

/** The samples of a type have names of their own beside that of their family. */
const suffixes: Partial<Record<MetricType, readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_count', '_sum', '_created'],
  gaugehistogram: ['_bucket', '_gcount', '_gsum'],
  summary: ['_count', '_sum', '_created'],
  info: ['_info'],
}

const types: readonly string[] = [...Object.keys(suffixes), 'gauge', 'stateset']

interface OpenFamily {
  readonly name: string
  type: MetricType
  help: string
  readonly samples: MetricSample[]
}

/**
 * All metrics by the name of their family, also those that have no sample yet. Timestamps and exemplars are passed over.
 * @throws Error that names the first line which is no part of the format
 */
export function parsePrometheus(text: string): ReadonlyMap<string, MetricFamily> {
  const families = new Map<string, OpenFamily>()
  const family = (name: string) => {
    const found = families.get(name) ?? { name, type: 'untyped', help: '', samples: [] }
    families.set(name, found)
    return found
  }
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    if (line.startsWith('#')) {
      const [, keyword, name = '', rest = ''] =
        /^#[ \t]+(TYPE|HELP)[ \t]+("(?:[^"\\]|\\.)*"|\S+)(?:[ \t]+(.*))?$/.exec(line) ?? []
      if (keyword === 'TYPE') family(unquoted(name)).type = typeOf(rest)
      if (keyword === 'HELP') family(unquoted(name)).help = unescaped(rest)
      continue
    }
    const sample = parseSample(line)
    if (!sample) throw new Error(`line ${index + 1} is no metric: ${redactText(line.slice(0, 80))}`)
    family(familyOf(sample.name, families)).samples.push(sample)
  }
  return families
}

function typeOf(word: string): MetricType {
  const type = word.trim().toLowerCase()
  return types.includes(type) ? (type as MetricType) : 'untyped'
}

function familyOf(name: string, families: ReadonlyMap<string, OpenFamily>): string {
  if (families.has(name)) return name
  const base = name.slice(0, Math.max(0, name.lastIndexOf('_')))
  const type = families.get(base)?.type
  return type && suffixes[type]?.includes(name.slice(base.length)) ? base : name
}

const metricName = /[a-zA-Z_:][\w:]*/y
const label = /[ \t]*(?:([a-zA-Z_]\w*|"(?:[^"\\]|\\.)*")[ \t]*=[ \t]*)?"((?:[^"\\]|\\.)*)"[ \t]*(?:,|(?=\}))/y
const number = /[ \t]*(\S+)(?:[ \t]+-?[\d.]+(?:e[+-]?\d+)?)?[ \t]*(?:#.*)?$/iy

/** A text at a place: what a pattern finds there, and behind it the next place. */
class Scanner {
  #at = 0
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)
    if (found) this.#at += found[0].length
    return found ?? undefined
  }

  get atEnd(): boolean {
    return this.#at >= this.text.length
  }
}

function parseSample(line: string): MetricSample | undefined {
  const scanner = new Scanner(line)
  const plain = scanner.take(metricName)?.[0]
  const parsed = scanner.take(/[ \t]*\{/y) ? parseLabels(scanner) : { labels: new Map<string, string>() }
  const value = parsed && parseNumber(scanner.take(number)?.[1])
  const name = plain ?? parsed?.name
  return name !== undefined && parsed && value !== undefined ? { name, labels: parsed.labels, value } : undefined
}

interface Labels {
  /** A metric whose name is no plain word has it, quoted, as the first inside the braces. */
  readonly name?: string | undefined
  readonly labels: ReadonlyMap<string, string>
}

/** To be called behind the opening brace. */
function parseLabels(scanner: Scanner): Labels | undefined {
  const labels = new Map<string, string>()
  let name: string | undefined
  for (let found = scanner.take(label); found; found = scanner.take(label)) {
    const [, key, value = ''] = found
    if (key === undefined) name = unescaped(value)
    else labels.set(unquoted(key), unescaped(value))
  }
  return scanner.take(/[ \t]*\}/y) ? { name, labels } : undefined
}

/** `name`, `name{state="waiting"}`: what a user asks for; undefined when it is neither. */
export function parseSelector(text: string): { readonly name: string; readonly labels: Labels['labels'] } | undefined {
  const scanner = new Scanner(text.trim())
  const plain = scanner.take(metricName)?.[0]
  const parsed = scanner.take(/\{/y) ? parseLabels(scanner) : { labels: new Map<string, string>() }
  const name = plain ?? parsed?.name
  return name !== undefined && parsed && scanner.atEnd ? { name, labels: parsed.labels } : undefined
}

function parseNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^nan$/i.test(text)) return Number.NaN
  const [, sign, infinite] = /^([+-]?)(inf|infinity)$/i.exec(text) ?? []
  if (infinite) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  const value = Number(text)
  return Number.isNaN(value) ? undefined : value
}

function unquoted(name: string): string {
  return name.startsWith('"') ? unescaped(name.slice(1, -1)) : name
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (whole, character) =>
    character === 'n' ? '\n' : /["\\]/.test(character) ? character : whole,
  )
}
