// What a terminal gives to print on: so many columns, these colours, and one layout for everything with a margin.
import { Chalk, type ChalkInstance, supportsColor } from 'chalk'
import { flow, type Piece } from './text.ts'

export interface Page {
  readonly columns: number
  readonly colors: ChalkInstance
  /** What is told once on all of it. Default: everything is told each time. */
  readonly told?: Set<string>
}

/** Lines longer than this tire the eye, however wide the terminal is. */
const widest = 140
const narrowest = 60

/** Colours as the terminal has them, none when `NO_COLOR` is set. @param columns 0 where nobody knows */
export function pageOf(columns: number | undefined): Page {
  const level = process.env.NO_COLOR || !supportsColor ? 0 : supportsColor.level
  return {
    columns: Math.min(Math.max(columns || 80, narrowest), widest),
    colors: new Chalk({ level }),
    told: new Set(),
  }
}

/** Pieces to the right of a margin that shows `mark` (painted, `width` columns) on its first line. */
export function beside(mark: string, pieces: readonly Piece[], { columns, width }: { columns: number; width: number }) {
  return flow(pieces, columns - width).map((line, index) => (index === 0 ? mark : ' '.repeat(width)) + line)
}

/** Pieces to the right of a dim word: `     latency     p50 42 · p95 184`. */
export function labelled(label: string, pieces: readonly Piece[], page: Page): string[] {
  return beside(labelMark(label, page), pieces, { columns: page.columns, width: labelWidth })
}

/** The dim word with the space around it, `labelWidth` columns. */
export function labelMark(label: string, { colors }: Page): string {
  return colors.dim(`     ${label.padEnd(labelWidth - 7)}  `)
}

/** Columns left of what is labelled. */
export const labelWidth = 17
