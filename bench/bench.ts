// npm run bench: measures the comparisons round by round, resumable, and writes the page.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { holdMachineLock } from '../src/engine/machine-lock.ts'
import { type Comparison, judge, runRound } from './comparison.ts'
import { comparisons } from './comparisons.ts'
import { describeMachine, describeVersions } from './machine.ts'
import { cells, type Measured, renderPage } from './page.ts'

const folder = '.vitest'
const file = `${folder}/bench.json`
const page = 'bench/README.md'
const fewestRounds = 5

const { values, positionals } = parseArgs({
  options: { again: { type: 'boolean' }, rounds: { type: 'string', default: String(fewestRounds) } },
  allowPositionals: true,
})
const wanted = Number(values.rounds)
const chosen = comparisons.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
)
if (!Number.isInteger(wanted) || wanted < 1)
  throw new Error(`--rounds: expected a whole number above 0, got ${values.rounds}`)
if (chosen.length === 0) throw new Error(`expected a part of one of ${comparisons.map(({ name }) => name).join(', ')}`)

// Two loads at once would measure each other.
using _lock = await holdMachineLock({ onWait: (pid) => console.log(`waits for the load run of process ${pid}`) })
const saved = readSaved()
const [machine, versions] = [describeMachine(), describeVersions()]
for (const comparison of chosen) {
  await measure(comparison)
  print(comparison)
}

/** Keeps every round as soon as it is there. Rounds of another machine or of other versions are not mixed with new ones. */
async function measure(comparison: Comparison): Promise<void> {
  const known = saved[comparison.name]
  const isSame = known && JSON.stringify([known.machine, known.versions]) === JSON.stringify([machine, versions])
  const rounds = isSame && !values.again ? [...known.rounds] : []
  while (rounds.length < wanted) {
    console.log(`${comparison.name}: round ${rounds.length + 1} of ${wanted}`)
    rounds.push(await runRound(comparison.contestants, rounds.length))
    saved[comparison.name] = { machine, versions, at: new Date().toISOString(), rounds }
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify(saved)}\n`)
    writeFileSync(page, renderPage(comparisons, saved))
  }
}

function print(comparison: Comparison): void {
  const { rounds } = saved[comparison.name] as Measured
  console.log(`\n${comparison.title}`)
  for (const { name } of comparison.contestants)
    console.log(`  ${[name, ...cells(comparison, name, rounds)].join('  ')}`)
  for (const bound of comparison.bounds) {
    const { median, holds } = judge(bound, rounds)
    console.log(`  ${holds ? '✓' : '×'} ${bound.words}: ${median.toFixed(bound.digits)}, at most ${bound.atMost}`)
    if (!holds) process.exitCode = 1
  }
}

function readSaved(): Record<string, Measured> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
