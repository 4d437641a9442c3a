// How many small changes to the arithmetic that verdicts rest on its unit tests notice.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import type { Line } from './verify.ts'

const stryker = 'node_modules/@stryker-mutator/core/bin/stryker.js'
const config = 'tests/verify/mutation/stryker.config.mjs'
const report = '.vitest/mutation/report.json'
const least = 0.9

/** The files of the config by what they do. */
const parts = {
  ledger: ['iterations', 'lane', 'recorder', 'recording'],
  verdicts: ['verdict', 'binomial'],
  distribution: ['distribution', 'timeline'],
  schedule: ['schedule'],
}

export const mutationLines: readonly Line[] = [
  {
    name: 'mutation',
    promise: `of the mutants of ledger, verdicts, distribution and schedule at least ${100 * least} % each are killed`,
    async measure() {
      await promisify(execFile)(process.execPath, [stryker, 'run', config, '--reporters', 'json'])
      const { files } = JSON.parse(readFileSync(report, 'utf8')) as MutationReport
      const shares = Object.entries(parts).map(([part, nouns]) => {
        const statuses = nouns.flatMap(
          (noun) => files[`src/core/${noun}.ts`]?.mutants.map(({ status }) => status) ?? [],
        )
        return { part, ...countKilled(statuses) }
      })
      return {
        holds: shares.every(({ killed, all }) => killed >= least * all),
        figures: shares
          .map(({ part, killed, all }) => `${part} ${((100 * killed) / all).toFixed(1)} % of ${all}`)
          .join('; '),
      }
    },
  },
]

/** As far as it is read here. */
interface MutationReport {
  readonly files: Readonly<Record<string, MutatedFile>>
}

interface MutatedFile {
  readonly mutants: readonly { readonly status: string }[]
}

/** A mutant that never ends is noticed; one that does not even load says nothing. */
function countKilled(statuses: readonly string[]): { readonly killed: number; readonly all: number } {
  const killed = statuses.filter((status) => status === 'Killed' || status === 'Timeout').length
  const missed = statuses.filter((status) => status === 'Survived' || status === 'NoCoverage').length
  return { killed, all: killed + missed }
}
