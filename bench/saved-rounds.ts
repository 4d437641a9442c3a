// The rounds measured so far, kept in a file, so that a long measurement goes on where it was interrupted.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Comparison, type Round, runRound } from './comparison.ts'
import { comparisons } from './comparisons.ts'
import { describeMachine, describeVersions } from './machine.ts'
import { type Measured, renderPage } from './page.ts'

const folder = '.vitest'
const file = `${folder}/bench.json`
const page = 'bench/README.md'

/** Fewer say nothing about their spread. */
export const fewestRounds = 5

/**
 * At least so many rounds of a comparison, the missing ones measured now and kept as soon as they are there. Rounds of
 * another machine, of other versions or of other sources are not mixed with new ones.
 */
export async function roundsOf(
  comparison: Comparison,
  { wanted = fewestRounds, again = false }: { readonly wanted?: number; readonly again?: boolean } = {},
): Promise<readonly Round[]> {
  const here = { machine: describeMachine(), versions: describeVersions(), sources: hashOfSources() }
  const saved = readSaved()
  const known = saved[comparison.name]
  const isSame = known && Object.entries(here).every(([key, value]) => same(known[key as keyof Measured], value))
  const rounds = isSame && !again ? [...known.rounds] : []
  while (rounds.length < wanted) {
    console.log(`${comparison.name}: round ${rounds.length + 1} of ${wanted}`)
    rounds.push(await runRound(comparison.contestants, rounds.length))
    saved[comparison.name] = { ...here, at: new Date().toISOString(), rounds }
    mkdirSync(folder, { recursive: true })
    writeFileSync(file, `${JSON.stringify(saved)}\n`)
    writeFileSync(page, renderPage(comparisons, saved))
  }
  return rounds
}

/** Of everything that is measured, and that measures. */
function hashOfSources(): string {
  const hash = createHash('sha256')
  for (const folder of ['src', 'bench']) {
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    for (const name of files.sort()) hash.update(name).update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex').slice(0, 16)
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function readSaved(): Record<string, Measured> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}
