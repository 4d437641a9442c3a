// Why a target was missed, as far as the main thread of a server can tell: the finding, and its wording.
import type { ServingProcess } from './process-name.ts'
import { formatMs, formatSpan } from './units.ts'

/**
 * What the event loop did: `busy` nearly all the time, `blocked` by one thing for long though mostly idle, `idle` because
 * the time went by elsewhere; `unknown` with too little to tell.
 */
export type LoopState = 'busy' | 'blocked' | 'idle' | 'unknown'

/** A function that stands out. */
export interface HotSpot {
  /** `(anonymous)` without one. */
  readonly name: string
  /** Source file, relative to the project. */
  readonly file: string
  /** Where the function begins; from 1. */
  readonly line: number
  readonly column: number
  /** Where in it most of the time went; null when that was in what it called, or where its source map cannot tell the line. */
  readonly hottestLine: number | null
  /** Self time of the time in which the event loop was busy, 0 to 1: this is the one that is shown. */
  readonly share: number
  /** Self time of all time, 0 to 1. */
  readonly wallShare: number
  /** Self time. */
  readonly ms: number
  /** Of a function in a dependency: the project's own function that called for it. */
  readonly calledFrom: { readonly name: string; readonly file: string; readonly line: number } | null
  /** When it held the event loop for long: the longest in ms, and how often. */
  readonly block: { readonly longest: number; readonly times: number } | null
}

/** Plain data. A share or time that nobody could read is null. */
export interface Explanation {
  readonly loop: LoopState
  /** Of all time, 0 to 1. */
  readonly busyShare: number | null
  /** In ms, when it was saturated for some seconds only: `hot` is about those. */
  readonly saturatedFor: number | null
  readonly gcShare: number | null
  /** The longest in which the event loop did one thing, in ms. */
  readonly longestBlock: number | null
  /** What that means, in one sentence. */
  readonly sentence: string
  /** At most three, the worst first. Empty when no function is to blame. */
  readonly hot: readonly HotSpot[]
  /** Unless it was busy, those that took most of the CPU, if any stand out: for limits on CPU, which neither idle time nor a block explains. */
  readonly cpu?: readonly HotSpot[]
  /** What could not be mapped to its source and why. */
  readonly remarks: readonly string[]
}

/** Of one process that serves. */
export interface ServerWhy extends Explanation, ServingProcess {
  /** Where its CPU profile is kept, if it is: relative to the working directory, with slashes. */
  readonly profile?: string
}

const widest = 100
const mostLines = 5
const indent = '     '

/** At most five lines of 100 columns: how busy, the functions that stand out, and what it means where that is not plain. */
export function describeExplanation(explanation: Explanation): string[] {
  const { loop, hot, sentence, remarks } = explanation
  const head = cut(`why: ${figures(explanation).join(' · ') || 'not known'}`)
  const rows = table(hot)
  const said = loop === 'busy' && hot.length > 0 ? [] : wrap(sentence)
  return [head, ...rows, ...said, ...remarks.slice(0, 1).map((remark) => cut(indent + remark))].slice(0, mostLines)
}

/** The same of the CPU that it used: who took it, also where the event loop had time left. */
export function describeCpu(explanation: Explanation): string[] {
  const { hot, cpu = [], remarks } = explanation
  if (hot.length > 0 && cpu.length === 0) return describeExplanation(explanation)
  const [head = ''] = describeExplanation(explanation)
  if (cpu.length === 0) return [head, ...wrap(['no function of its stands out', ...remarks.slice(0, 1)].join('; '))]
  return [head, ...table(cpu), ...wrap('shares are of the time in which the event loop was busy')]
}

/** `61 %`; `less than 1 %` is told apart from nothing. */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.01) return '< 1 %'
  return `${share < 1 ? Math.min(99, Math.round(share * 100)) : 100} %`
}

function figures({ busyShare, saturatedFor, gcShare, longestBlock }: Explanation): string[] {
  const spell = saturatedFor === null ? '' : `, saturated for ${formatSpan(saturatedFor)}`
  return [
    ...(busyShare === null ? [] : [`event loop ${formatShare(busyShare)} busy${spell}`]),
    ...(gcShare === null ? [] : [`gc ${formatShare(gcShare)}`]),
    ...(longestBlock === null ? [] : [`longest block ${formatMs(longestBlock)}`]),
  ]
}

function table(hot: readonly HotSpot[]): string[] {
  const cells = hot.map((spot) => ({ name: spot.name, place: placeOf(spot), figure: figureOf(spot) }))
  const columns = (of: 'name' | 'place' | 'figure') => Math.max(0, ...cells.map((cell) => cell[of].length))
  const nameWidth = Math.min(columns('name'), 32)
  const placeWidth = Math.min(columns('place'), widest - indent.length - nameWidth - columns('figure') - 4)
  return cells.map(({ name, place, figure }) => {
    const padded = [shorten(name, nameWidth).padEnd(nameWidth), shorten(place, placeWidth).padEnd(placeWidth)]
    return `${indent}${[...padded, figure].join('  ')}`
  })
}

function placeOf({ file, line, hottestLine, calledFrom }: HotSpot): string {
  const inside = hottestLine === null || hottestLine === line ? '' : ` (line ${hottestLine})`
  const caller = calledFrom ? ` for ${calledFrom.name} ${calledFrom.file}:${calledFrom.line}` : ''
  return `${file}:${line}${inside}${caller}`
}

function figureOf({ share, block }: HotSpot): string {
  if (!block) return formatShare(share)
  return `blocked ${block.times === 1 ? 'once' : `${block.times.toLocaleString('en-US')} times`}, up to ${formatMs(block.longest)}`
}

function wrap(sentence: string): string[] {
  const lines: string[] = []
  for (const word of sentence.split(/\s+/)) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= widest) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(cut(`${indent}${word}`))
  }
  return lines
}

function cut(text: string): string {
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text
}

/** The end of a path and the beginning of a name say most: what goes is in the middle. */
function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const head = Math.ceil((width - 1) / 3)
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`
}
