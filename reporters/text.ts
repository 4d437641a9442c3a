// Fits text into columns: measures, shortens and wraps it, and disarms text that a server or a test's author wrote.
import { stripVTControlCharacters } from 'node:util'

/** A piece of a line. `text` is plain (no escape codes); colour comes last, when the text has its final length. */
export interface Piece {
  readonly text: string
  readonly paint?: (text: string) => string
  /** What stands between this piece and the one before it on the same line. Default ` · `. */
  readonly gap?: string
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
// East Asian wide and fullwidth (Unicode UAX 11), and pictures.
const wide =
  /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const zeroWidthJoiner = 0x200d

/** One line without escape codes, control characters and marks that reorder or hide text. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, (mark) => (mark.codePointAt(0) === zeroWidthJoiner ? mark : ''))
    .trim()
}

/** Columns that a plain text takes on a terminal. */
export function widthOf(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  return [...graphemes.segment(text)].reduce((sum, { segment }) => sum + graphemeWidth(segment), 0)
}

/** The text in at most so many columns, with `…` in its middle when something had to go. */
export function shorten(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  if (columns < 1) return ''
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment)
  const head = take(parts, Math.ceil((columns - 1) / 2))
  const tail = take(parts.reverse(), columns - 1 - widthOf(head.join(''))).reverse()
  return `${head.join('')}…${tail.join('')}`
}

/** Painted lines of at most so many columns: breaks between pieces, shortens a piece that is wider than a line. */
export function flow(pieces: readonly Piece[], columns: number): string[] {
  const lines: Piece[][] = []
  let used = 0
  for (const { text, gap = ' · ', ...look } of pieces) {
    const fitting = shorten(text, columns)
    const line = used + gap.length + widthOf(fitting) <= columns ? lines.at(-1) : undefined
    if (line) line.push({ text: fitting, gap, ...look })
    else lines.push([{ text: fitting, gap: '', ...look }])
    used = widthOf(fitting) + (line ? used + gap.length : 0)
  }
  return lines.map(paintLine)
}

/** Neighbours of one colour are painted together, so that a sentence can still be searched for. */
function paintLine(pieces: readonly Piece[]): string {
  const runs: { text: string; gap: string; paint: Piece['paint'] }[] = []
  for (const { text, gap = '', paint } of pieces) {
    const last = runs.at(-1)
    if (last && last.paint === paint) last.text += gap + text
    else runs.push({ text, gap, paint })
  }
  return runs.map(({ text, gap, paint = String }) => gap + paint(text)).join('')
}

/** The words of a sentence as pieces. */
export function words(sentence: string, paint?: (text: string) => string): Piece[] {
  return plain(sentence)
    .split(/\s+/)
    .map((text) => ({ text, gap: ' ', ...(paint && { paint }) }))
}

function graphemeWidth(grapheme: string): number {
  return wide.test(grapheme) ? 2 : 1
}

function take(parts: readonly string[], columns: number): string[] {
  const taken: string[] = []
  let used = 0
  for (const part of parts) {
    used += graphemeWidth(part)
    if (used > columns) break
    taken.push(part)
  }
  return taken
}
