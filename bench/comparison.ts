// What a comparison is, and how a round of one is run: all contestants in turn, so that a noisy minute hits them alike.
import { type Spread, spreadOf } from '../tests/verify/rounds.ts'
import { isInstalled } from './machine.ts'

/** What one run of a contestant has shown, by the key of a column. A figure that the tool does not give is absent. */
export type Sample = Readonly<Record<string, number>>

/** One run of each contestant, by name; those that are not installed are absent. */
export type Round = Readonly<Record<string, Sample>>

export interface Contestant {
  readonly name: string
  /** The command that must be on the PATH; none: it comes with this repository. */
  readonly tool?: string
  measure(): Promise<Sample>
}

export interface Column {
  readonly key: string
  /** With its unit. */
  readonly title: string
  readonly digits: number
}

/** A figure of each round whose median must not exceed a limit. */
export interface Bound {
  readonly words: string
  readonly atMost: number
  readonly digits: number
  value(round: Round): number
}

export interface Comparison {
  readonly name: string
  readonly title: string
  /** How it is measured, as a paragraph. */
  readonly method: string
  readonly contestants: readonly Contestant[]
  readonly columns: readonly Column[]
  /** What a perfect contestant would show. */
  readonly truth?: { readonly name: string; readonly sample: Sample }
  /** The first column: a figure as a multiple of the same figure of a contestant, or of the truth. */
  readonly ratio?: { readonly key: string; readonly to: string; readonly title: string }
  readonly bounds: readonly Bound[]
}

/** @param number of the round: each begins with another contestant, so that none is always first */
export async function runRound(contestants: readonly Contestant[], number: number): Promise<Round> {
  const round: Record<string, Sample> = {}
  const first = number % contestants.length
  for (const { name, tool, measure } of [...contestants.slice(first), ...contestants.slice(0, first)]) {
    if (tool === undefined || isInstalled(tool)) round[name] = await measure()
  }
  return round
}

export interface Judgement extends Spread {
  readonly holds: boolean
}

export function judge({ atMost, value }: Bound, rounds: readonly Round[]): Judgement {
  const spread = spreadOf(rounds.map(value))
  return { ...spread, holds: spread.median <= atMost }
}

/** One figure of one contestant. @throws when the round does not have it: a bound must never be judged on nothing */
export function figure(round: Round, name: string, key: string): number {
  const value = round[name]?.[key]
  if (value === undefined) throw new Error(`the round has no figure '${key}' of '${name}'`)
  return value
}
