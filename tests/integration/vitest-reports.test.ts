// The summary and the report beside whatever else Vitest is asked to write, and from merged blobs.
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive } from '../support/projects/process-life.ts'
import { ProjectRun, runProject } from '../support/projects/run-project.ts'

const few = ['run', '--project', 'load', 'judging', '-t', 'met']
const repository = join(import.meta.dirname, '../..')
const reporter = join(repository, 'reporters/index.ts')
const projects = join(repository, 'tests/support/projects')
let folder: string
beforeAll(async () => {
  // As deep below the repository as the original, so that a copy of the projects works the same.
  await mkdir(join(repository, '.vitest'), { recursive: true })
  folder = await mkdtemp(join(repository, '.vitest/reports-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const summaries = (output: string) => output.match(/^ +Load {2}\d+ cases?/gm) ?? []

describe.concurrent('the summary', () => {
  it('comes once beside other reporters, also when it is named itself', async () => {
    const named = ['--reporter=verbose', '--reporter=dot', `--reporter=${reporter}`]
    const { output, report, code } = await runProject('cases', [...few, ...named])
    expect(summaries(output)).toEqual([expect.stringContaining('7 cases')])
    expect(report?.cases).toHaveLength(7)
    expect(code, output).toBe(0)
  })

  it('is the same from merged blobs', async () => {
    const blobs = join(folder, 'blobs')
    const written = ['--reporter=blob', `--outputFile.blob=${join(blobs, '1.json')}`]
    const first = await runProject('cases', [...few, ...written])
    const merged = await runProject('cases', ['run', '--project', 'load', '--merge-reports', blobs])
    expect(summaries(merged.output)).toEqual(summaries(first.output))
    expect(merged.report?.cases).toEqual(first.report?.cases)
    expect(merged.code).toBe(0)
  })
})

describe('watch mode', () => {
  it('stops the load of a file that is saved under way, and starts anew', async () => {
    const copy = join(folder, 'projects')
    await cp(projects, copy, { recursive: true, filter: (path) => !path.includes('.vitest/vitest-load') })
    await using run = new ProjectRun(join(copy, 'cases'), ['--watch', '--project', 'load', 'long'], { env: { CI: '' } })
    const [, first] = await run.untilOutput(/server: (\d+)/)
    await run.untilOutput(/load {2}GET \/slow .* p95 /)
    const file = join(copy, 'cases/long.load.ts')
    await writeFile(file, `${await readFile(file, 'utf8')}\n// saved\n`)
    await run.untilOutput(/RERUN/)
    const [, second] = await run.untilOutput(new RegExp(`server: (?!${first}\\b)(\\d+)`))
    expect(isAlive(Number(first))).toBe(false)
    expect(isAlive(Number(second))).toBe(true)
    expect(run.output).toContain('PARTIAL')
  })
})
