// Which load tests run when, and that everything else of a user's config keeps working: real Vitest runs.
import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ProjectOptions, runProject } from '../support/projects/run-project.ts'

async function select(args: readonly string[], options?: ProjectOptions) {
  const { code, tests, output, files } = await runProject('selection', args, options)
  const order = [...files].sort((a, b) => a.startTime - b.startTime)
  return { code, names: tests.map(({ name }) => name).sort(), output, order: order.map(({ file }) => basename(file)) }
}

const loadTests = ['is a load test', 'knows its settings']

describe.concurrent('without projects of its own', () => {
  it('leaves load tests alone in a bare run', async () => {
    expect(await select(['run'])).toMatchObject({ code: 0, names: ['is a unit test'] })
  })

  it.each(['--project load', '--project=load', '--project=l*'])(
    'runs nothing but load tests with %s',
    async (filter) => {
      expect(await select(['run', ...filter.split(' ')])).toMatchObject({ code: 0, names: loadTests })
    },
  )

  it('runs both when both are named', async () => {
    const { names } = await select(['run', '--project=unit', '--project=load'])
    expect(names).toEqual(['is a unit test', ...loadTests].sort())
  })

  it('leaves load tests alone when they are excluded', async () => {
    expect(await select(['run', '--project=!load'])).toMatchObject({ code: 0, names: ['is a unit test'] })
  })

  it('lists load tests', async () => {
    const { output } = await runProject('selection', ['list', '--project', 'load'])
    expect(output).toContain('[load] src/plain.load.ts > is a load test')
    expect(output).not.toContain('unit.test.ts')
  })
})

describe.concurrent('beside what a user has configured', () => {
  it('runs load tests always when asked to: last, with set-up files of their own only', async () => {
    const { names, order, output } = await select(['run'], { config: 'always.config.ts' })
    expect(names).toEqual(['is a check', ...loadTests].sort())
    expect(order[0]).toBe('own.check.ts')
    expect(output).toContain('load set-up: ran, global: ran')
    expect(output.match(/global set-up .*/g)).toEqual(['global set-up begins', 'global set-up is undone'])
  })

  it('keeps the name of the root project', async () => {
    const { names } = await select(['run', '--project=mine'], { config: 'always.config.ts' })
    expect(names).toEqual(['is a check'])
  })

  it('leaves projects and their plugins alone', async () => {
    const { code, names } = await select(['run'], { config: 'projects.config.ts' })
    expect({ code, names }).toEqual({ code: 0, names: ['is a check', 'is served by a plugin'] })
  })

  it('runs after projects of every kind, with its options', async () => {
    const args = ['run', '--project=stress', '--project=first', '--project=second']
    const { code, order, output } = await select(args, { config: 'projects.config.ts' })
    expect({ code, last: order.at(-1), all: order.length }).toEqual({ code: 0, last: 'settings.load.ts', all: 3 })
    expect(output).toContain(
      'settings: {"baseUrl":"http://127.0.0.1:9","allowHosts":["*.example.com"],"maxErrorRate":0.2,"inconclusive":"skip","outputDir":',
    )
    expect(output).toContain('timeout: 0, retry: 0')
  })

  it('keeps out what a root config has for unit tests only', async () => {
    const { code, names, output } = await select(['run', '--project=load'], { config: 'awkward.config.ts' })
    expect({ code, names }).toEqual({ code: 0, names: loadTests })
    expect(output).toContain('timeout: 0, retry: 0')
  })

  it('warns once of coverage', async () => {
    const { output } = await runProject('selection', ['run', '--project', 'load', '--coverage.enabled'])
    expect(output.match(/vitest-load: coverage is on/g)).toHaveLength(1)
  })
})
