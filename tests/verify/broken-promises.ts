// Breaks what the load suite promises, in a copy of the repository, and looks whether each case fails for that reason.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type ProjectOutcome, runProject } from '../support/projects/run-project.ts'
import { type Break, type Round, rounds } from './breaks.ts'
import type { Line } from './verify.ts'

const repository = resolve(import.meta.dirname, '../..')
const copied = ['package.json', 'vitest.config.ts', 'src', 'reporters', 'examples', 'tests/load']

export const brokenPromiseLines: readonly Line[] = [
  {
    name: 'broken-promises',
    promise: 'every case of the load suite fails, and for its own reason, when what it promises is broken',
    async measure() {
      const reddened = new Set<string>()
      const seen = new Set<string>()
      const unnoticed: string[] = []
      for (const round of rounds) {
        const outcome = await runBroken(round)
        for (const { name } of outcome.tests) seen.add(name)
        for (const each of round.breaks) {
          for (const [name, reason] of Object.entries(each.reddens)) {
            if (failsFor(reason, name, outcome)) reddened.add(name)
            else unnoticed.push(`"${each.what}" by "${name}"`)
          }
        }
      }
      const untried = [...seen].filter((name) => !reddened.has(name))
      const breaks = rounds.flatMap(({ breaks }) => breaks).length
      return {
        holds: seen.size > 0 && unnoticed.length === 0 && untried.length === 0,
        figures: [
          `${breaks} things broken, ${reddened.size} of ${seen.size} cases red for it`,
          ...(unnoticed.length > 0 ? [`not noticed: ${unnoticed.join(', ')}`] : []),
          ...(untried.length > 0 ? [`never red: ${untried.join(', ')}`] : []),
        ].join('; '),
      }
    },
  },
]

async function runBroken({ files, breaks }: Round): Promise<ProjectOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-load-broken-'))
  try {
    mkdirSync(join(folder, 'tests'))
    for (const path of copied) cpSync(join(repository, path), join(folder, path), { recursive: true })
    symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'))
    for (const each of breaks) apply(each, folder)
    return await runProject(folder, ['run', '--project', 'load', ...files.map((file) => `tests/load/${file}-`)])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function apply({ what, file, from, to }: Break, folder: string): void {
  const path = join(folder, 'examples/gateway/src', file)
  const parts = readFileSync(path, 'utf8').split(from)
  if (parts.length !== 2) throw new Error(`${what}: expected '${from}' once in ${file}, got ${parts.length - 1} times`)
  writeFileSync(path, parts.join(to))
}

function failsFor(reason: RegExp, name: string, { tests }: ProjectOutcome): boolean {
  const found = tests.find((test) => test.name === name)
  return found?.status === 'failed' && found.messages.some((message) => reason.test(message))
}
