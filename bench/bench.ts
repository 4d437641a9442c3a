// npm run bench: measures the comparisons round by round, resumable, and writes the page.
import { parseArgs } from 'node:util'
import { holdMachineLock } from '../src/engine/machine-lock.ts'
import { type Comparison, judge, type Round } from './comparison.ts'
import { comparisons } from './comparisons.ts'
import { cells } from './page.ts'
import { fewestRounds, roundsOf } from './saved-rounds.ts'

const { values, positionals } = parseArgs({
  options: { again: { type: 'boolean' }, rounds: { type: 'string', default: String(fewestRounds) } },
  allowPositionals: true,
})
const { again = false, rounds: given } = values
const wanted = Number(given)
const chosen = comparisons.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
)
if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`--rounds: expected a whole number above 0, got ${given}`)
if (chosen.length === 0) throw new Error(`expected a part of one of ${comparisons.map(({ name }) => name).join(', ')}`)

// Two loads at once would measure each other.
using _lock = await holdMachineLock({ onWait: (pid) => console.log(`waits for the load run of process ${pid}`) })
for (const comparison of chosen) print(comparison, await roundsOf(comparison, { wanted, again }))

function print(comparison: Comparison, rounds: readonly Round[]): void {
  console.log(`\n${comparison.title}`)
  for (const { name } of comparison.contestants)
    console.log(`  ${[name, ...cells(comparison, name, rounds)].join('  ')}`)
  for (const bound of comparison.bounds) {
    const { median, holds } = judge(bound, rounds)
    console.log(`  ${holds ? '✓' : '×'} ${bound.words}: ${median.toFixed(bound.digits)}, at most ${bound.atMost}`)
    if (!holds) process.exitCode = 1
  }
}
