// The reporter as Vitest calls it: what it gathers, when it speaks, and when it keeps quiet.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TestCase, TestModule, Vitest } from 'vitest/node'
import LoadReporter from '../../../reporters/index.ts'
import type { RunRecord } from '../../../src/record/case-record.ts'
import { readReport } from '../../../src/record/report-file.ts'
import { sampleProgress, sampleRun } from '../../support/sample-report.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'load-reporter-'))
})
afterEach(() => rmSync(root, { recursive: true }))

/** The parts of Vitest's main process that the reporter touches; a terminal is not one of them. */
function host(...reporters: LoadReporter[]) {
  const lines: string[] = []
  const cleanups: (() => void)[] = []
  const vitest = {
    version: '5.1.1',
    config: { root },
    reporters,
    logger: {
      log: (line: string) => lines.push(line),
      getColumns: () => 80,
      onTerminalCleanup: (cleanup: () => void) => cleanups.push(cleanup),
    },
  } as unknown as Vitest
  for (const reporter of reporters) reporter.onInit(vitest)
  const end = () => {
    for (const cleanup of cleanups) cleanup()
  }
  return { text: () => lines.join('\n'), end }
}

/** Only a load project has settings of the plugin. */
const project = (name: string) => ({ name, getProvidedContext: () => (name === 'load' ? { 'vitest-load': {} } : {}) })

interface TestParts {
  readonly state?: string
  readonly runs?: readonly RunRecord[]
  readonly errors?: readonly { message: string }[]
}

function test(id: string, { state = 'passed', runs, errors }: TestParts = {}) {
  return {
    id,
    fullName: `sessions > ${id}`,
    module: { relativeModuleId: 'tests/load/sessions.load.ts' },
    project: project('load'),
    task: { artifacts: [] as unknown[] },
    meta: () => (runs ? { 'vitest-load': { version: 1, runs } } : {}),
    result: () => ({ state, errors }),
  } as unknown as TestCase & { task: { artifacts: unknown[] } }
}

interface ModuleParts {
  readonly tests?: readonly TestCase[]
  readonly errors?: readonly { message: string }[]
  readonly suites?: readonly { readonly fullName: string; readonly message: string }[]
  readonly of?: string
  readonly state?: string
}

function moduleWith({ tests = [], errors = [], suites = [], of = 'load', state = 'passed' }: ModuleParts): TestModule {
  const allSuites = suites.map(({ fullName, message }) => ({ fullName, errors: () => [{ message }] }))
  return {
    id: 'module',
    relativeModuleId: 'tests/load/sessions.load.ts',
    project: project(of),
    errors: () => errors,
    state: () => state,
    children: { allTests: () => tests, allSuites: () => allSuites },
  } as unknown as TestModule
}

const moduleOf = (...tests: TestCase[]) => moduleWith({ tests })

const progressArtifact = (progress = sampleProgress()) => ({ type: 'vitest-load:progress', progress })
const reportPath = () => join(root, '.vitest', 'vitest-load', 'report.json')

describe('at the end of a run', () => {
  it('prints the summary and writes the report', () => {
    const reporter = new LoadReporter()
    const { text, end } = host(reporter)
    reporter.onTestRunStart()
    reporter.onTestRunEnd([moduleOf(test('a', { runs: [sampleRun()] }), test('b'))], [], 'passed')
    end()
    expect(text().match(/Load {2}1 case/g)).toHaveLength(1)
    expect(text()).toContain(`Report  ${join('.vitest', 'vitest-load', 'report.json')}`)
    const report = readReport(reportPath())
    expect(report).toMatchObject({ interrupted: false, environment: { vitest: '5.1.1', vitestLoad: '0.1.0' } })
    expect(report.cases.map(({ name }) => name)).toEqual(['sessions > a'])
    expect(readdirSync(join(root, '.vitest', 'vitest-load', 'runs'))).toHaveLength(1)
  })

  it.each([
    { what: 'tests of another project', testModule: moduleWith({ tests: [test('a')], of: 'unit' }) },
    { what: 'load tests that a filter left out', testModule: moduleOf(test('a', { state: 'skipped' })) },
  ])('says and writes nothing about $what', ({ testModule }) => {
    const reporter = new LoadReporter()
    const { text, end } = host(reporter)
    reporter.onTestRunStart()
    reporter.onTestRunEnd([testModule], [], 'failed')
    end()
    expect(text()).toBe('')
    expect(existsSync(join(root, '.vitest'))).toBe(false)
  })

  it('writes a report of load tests without load, so that no older one stands for them', () => {
    const reporter = new LoadReporter()
    const { text } = host(reporter)
    reporter.onTestRunStart()
    reporter.onTestRunEnd([moduleOf(test('a'))], [], 'passed')
    expect(text()).toContain('Load  0 cases\n')
    expect(readReport(reportPath()).cases).toEqual([])
  })

  it('holds what failed before it sent load: tests, suites and files', () => {
    const reporter = new LoadReporter()
    const { text } = host(reporter)
    const skipped = test('b', { state: 'skipped' })
    const failed = test('a', { state: 'failed', errors: [{ message: 'it broke\nhere' }] })
    const suites = [{ fullName: 'sessions', message: 'serve(): "node a.js" ended before it was ready' }]
    reporter.onTestRunStart()
    const modules = [moduleWith({ tests: [failed, skipped], suites }), moduleWith({ errors: [{ message: 'no such' }] })]
    reporter.onTestRunEnd(modules, [], 'failed')
    expect(text()).toContain('Load  3 cases · 3 failed\n')
    expect(text()).toContain(
      [
        ' × tests/load/sessions.load.ts > sessions',
        '   serve(): "node a.js" ended before it was ready',
        '',
        ' × tests/load/sessions.load.ts > sessions > a',
        '   it broke',
        '',
        ' × tests/load/sessions.load.ts',
        '   no such',
        '',
      ].join('\n'),
    )
    expect(readReport(reportPath()).cases.map(({ name, state, runs }) => [name, state, runs])).toEqual([
      ['sessions', 'failed', []],
      ['sessions > a', 'failed', []],
      ['tests/load/sessions.load.ts', 'failed', []],
    ])
  })

  it('holds a file whose worker ended before its tests were known', () => {
    const reporter = new LoadReporter()
    const { text } = host(reporter)
    reporter.onTestRunStart()
    reporter.onTestRunEnd([moduleWith({ state: 'queued' })], [], 'failed')
    expect(text()).toContain('Load  1 case · 1 interrupted')
    expect(text()).toContain(' ■ tests/load/sessions.load.ts\n')
    expect(readReport(reportPath())).toMatchObject({ interrupted: true, cases: [{ state: 'interrupted', runs: [] }] })
  })

  it('marks a run as interrupted when one of its cases was', () => {
    const reporter = new LoadReporter()
    host(reporter)
    const killed = test('a', { state: 'pending' })
    reporter.onTestRunStart()
    reporter.onTestCaseArtifactRecord(killed, progressArtifact())
    reporter.onTestRunEnd([moduleOf(killed)], [], 'failed')
    expect(readReport(reportPath())).toMatchObject({ interrupted: true, cases: [{ state: 'interrupted' }] })
  })

  it('writes where it is told, and marks a run that was interrupted', () => {
    const reporter = new LoadReporter({ outputDir: 'out' })
    host(reporter)
    reporter.onTestRunStart()
    reporter.onTestRunEnd([moduleOf(test('a', { runs: [sampleRun()] }))], [], 'interrupted')
    expect(readReport(join(root, 'out', 'report.json')).interrupted).toBe(true)
  })

  it('tells a report that it could not write from a verdict', () => {
    writeFileSync(join(root, 'file'), '')
    const reporter = new LoadReporter({ outputDir: 'file/nowhere' })
    const { text } = host(reporter)
    const before = process.exitCode
    reporter.onTestRunStart()
    reporter.onTestRunEnd([moduleOf(test('a', { runs: [sampleRun()] }))], [], 'passed')
    expect(text()).toContain('Load  1 case · 1 passed')
    expect(text()).toMatch(/the report could not be written to/)
    expect(process.exitCode).toBe(before)
    const path = /Report {2}(\S+)/.exec(text())?.[1] as string
    expect(readReport(path).cases).toHaveLength(1)
    rmSync(join(path, '..'), { recursive: true })
  })

  it('is done by the first of two instances, though they come from two copies of the module', async () => {
    const copy = '../../../reporters/index.ts?copy'
    const { default: Copy } = (await import(/* @vite-ignore */ copy)) as { default: typeof LoadReporter }
    expect(Copy).not.toBe(LoadReporter)
    const [first, second] = [new LoadReporter(), new Copy({ outputDir: 'second' })]
    const { text, end } = host(first, second)
    for (const reporter of [first, second]) {
      reporter.onTestRunStart()
      reporter.onTestCaseArtifactRecord(test('a'), progressArtifact())
      reporter.onTestRunEnd([moduleOf(test('a', { runs: [sampleRun()] }))], [], 'passed')
    }
    end()
    expect(text().match(/Load {2}1 case/g)).toHaveLength(1)
    expect(existsSync(join(root, 'second'))).toBe(false)
  })
})

describe('progress', () => {
  it('is taken out of the test, other artifacts are left alone', () => {
    const reporter = new LoadReporter()
    host(reporter)
    const running = test('a')
    const [other, progress] = [{ type: 'screenshot' }, progressArtifact()]
    running.task.artifacts.push(other, progress)
    reporter.onTestRunStart()
    reporter.onTestCaseArtifactRecord(running, other)
    reporter.onTestCaseArtifactRecord(running, progress)
    expect(running.task.artifacts).toEqual([other])
  })

  it('stands in for a run whose worker died', () => {
    const reporter = new LoadReporter()
    host(reporter)
    const crashed = test('a', { state: 'failed' })
    reporter.onTestRunStart()
    reporter.onTestCaseArtifactRecord(crashed, progressArtifact())
    reporter.onTestRunEnd([moduleOf(crashed)], [], 'failed')
    expect(readReport(reportPath()).cases[0]).toMatchObject({
      state: 'failed',
      runs: [{ aborted: 'its worker ended without a record', iterations: { ok: 594 } }],
    })
  })

  it('of one run of the tests is forgotten in the next', () => {
    const reporter = new LoadReporter()
    const { text } = host(reporter)
    reporter.onTestRunStart()
    reporter.onTestCaseArtifactRecord(test('a'), progressArtifact())
    reporter.onTestRunStart()
    reporter.onTestRunEnd([moduleOf(test('a'))], [], 'passed')
    expect(text()).toContain('Load  0 cases')
  })
})

describe('on Ctrl-C', () => {
  it('reports once what is finished and what was under way, before the process ends', () => {
    const reporter = new LoadReporter()
    const { text, end } = host(reporter)
    const running = test('b', { state: 'pending' })
    reporter.onTestRunStart()
    reporter.onTestModuleCollected(moduleOf(test('a', { runs: [sampleRun()] }), running))
    reporter.onTestCaseArtifactRecord(running, progressArtifact(sampleProgress({ id: 'run-2' })))
    end()
    end()
    expect(text().match(/Load {2}2 cases · 1 passed · 1 interrupted/g)).toHaveLength(1)
    expect(text()).toContain('PARTIAL: ended after 3 s of 10 s: interrupted')
    const report = readReport(reportPath())
    expect(report.interrupted).toBe(true)
    expect(report.cases.map(({ state }) => state)).toEqual(['passed', 'interrupted'])
    expect(readdirSync(join(root, '.vitest', 'vitest-load', 'runs'))).toHaveLength(1)
  })

  it('says nothing before the first test', () => {
    const { text, end } = host(new LoadReporter())
    end()
    expect(text()).toBe('')
  })
})
