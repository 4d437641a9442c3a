// Measures what a noisy machine cannot assert in a test: medians of repeated rounds, line by line, resumable.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { boundLines } from '../../bench/bounds.ts'
import { agentCostLines } from './agent-cost.ts'
import { brokenPromiseLines } from './broken-promises.ts'
import { leakSeriesLines } from './leak-series.ts'
import { leakLines } from './leaks.ts'
import { longRunLines } from './long-runs.ts'
import { mutationLines } from './mutation.ts'
import { relayLines } from './relay.ts'
import { stallLines } from './stall.ts'
import { truthLines } from './truth.ts'
import { usageTruthLines } from './usage-truth.ts'
import { whyLines } from './why.ts'

/** One promise, and how it is measured. */
export interface Line {
  readonly name: string
  /** What must hold, in words. */
  readonly promise: string
  measure(): Promise<Outcome>
}

export interface Outcome {
  readonly holds: boolean
  /** What was measured, in words, with its spread. */
  readonly figures: string
}

type Saved = Outcome & { readonly promise: string; readonly at: string; readonly machine: string }

const file = '.vitest/verify.json'
const lines: readonly Line[] = [
  ...stallLines,
  ...truthLines,
  ...usageTruthLines,
  ...longRunLines,
  ...relayLines,
  ...agentCostLines,
  ...leakSeriesLines,
  ...boundLines,
  ...mutationLines,
  ...brokenPromiseLines,
  ...leakLines,
  ...whyLines,
]
const { values, positionals } = parseArgs({ options: { again: { type: 'boolean' } }, allowPositionals: true })
const machine = `${cpus().length} x ${cpus()[0]?.model}, Node ${process.version}`
const saved = read()

for (const line of lines.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
)) {
  const known = values.again ? undefined : saved[line.name]
  const outcome = known ?? { ...(await line.measure()), promise: line.promise, at: new Date().toISOString(), machine }
  saved[line.name] = outcome
  mkdirSync('.vitest', { recursive: true })
  writeFileSync(file, `${JSON.stringify(saved, null, 2)}\n`)
  console.log(
    `${outcome.holds ? '✓' : '×'} ${line.name}: ${line.promise}\n    ${outcome.figures}${known ? `  (measured ${known.at})` : ''}`,
  )
  if (!outcome.holds) process.exitCode = 1
}

function read(): Record<string, Saved> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
