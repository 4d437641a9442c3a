// What Vitest holds of a test becomes a case: records first, progress for what is missing, the last attempt on top.
import { describe, expect, it } from 'vitest'
import type { TestCase } from 'vitest/node'
import { caseReport, lastAttempt } from '../../../reporters/case-report.ts'
import type { RunRecord } from '../../../src/record/case-record.ts'
import { sampleProgress, sampleRun } from '../../support/sample-report.ts'

interface Parts {
  readonly runs?: readonly RunRecord[]
  readonly state?: string
  readonly errors?: readonly { message: string }[]
  /** Settings that the plugin has given to the project. */
  readonly provided?: object
}

function testCase({ runs, state = 'passed', errors, provided = { 'vitest-load': {} } }: Parts): TestCase {
  return {
    fullName: 'sessions > are made',
    module: { relativeModuleId: 'tests/load/sessions.load.ts' },
    project: { name: 'load', getProvidedContext: () => provided },
    meta: () => (runs ? { 'vitest-load': { version: 1, runs } } : {}),
    result: () => ({ state, errors }),
  } as unknown as TestCase
}

describe('caseReport()', () => {
  it('is none for a test that sent no load', () => {
    expect(caseReport(testCase({}), [])).toBeUndefined()
  })

  it('has no runs where a load test failed, or was cut off, before it sent load', () => {
    const failed = { state: 'failed', errors: [{ message: 'serve(): "node a.js" ended\nits log' }] }
    expect(caseReport(testCase(failed), [])).toMatchObject({
      state: 'failed',
      errors: ['serve(): "node a.js" ended'],
      runs: [],
    })
    expect(caseReport(testCase({ ...failed, provided: {} }), [])).toBeUndefined()
    expect(caseReport(testCase({ state: 'pending' }), [])).toMatchObject({ state: 'interrupted', runs: [] })
    expect(caseReport(testCase({ state: 'skipped' }), [])).toBeUndefined()
  })

  it('holds the runs of all attempts and the first line of each error', () => {
    const runs = [sampleRun(), sampleRun({ id: 'run-2', attempt: { retry: 1, repeat: 0 } })]
    const errors = [{ message: '\x1b[31mexpected p95\x1b[0m\n  p50 42' }]
    expect(caseReport(testCase({ runs, state: 'failed', errors }), [])).toEqual({
      file: 'tests/load/sessions.load.ts',
      name: 'sessions > are made',
      project: 'load',
      state: 'failed',
      errors: ['expected p95'],
      runs,
    })
  })

  it('uses progress only for runs without a record', () => {
    const progress = [sampleProgress({ id: 'run-1' }), sampleProgress({ id: 'run-2' })]
    const report = caseReport(testCase({ runs: [sampleRun()], state: 'failed' }), progress)
    expect(report?.runs.map(({ id, aborted }) => [id, aborted])).toEqual([
      ['run-1', undefined],
      ['run-2', 'its worker ended without a record'],
    ])
  })

  it('is interrupted when the test never ended, or was cancelled with its run', () => {
    const pending = caseReport(testCase({ state: 'pending' }), [sampleProgress()])
    expect(pending).toMatchObject({ state: 'interrupted', runs: [{ aborted: 'interrupted' }] })
    const cancelled = caseReport(testCase({ state: 'skipped', runs: [sampleRun({ aborted: 'cancelled' })] }), [])
    expect(cancelled?.state).toBe('interrupted')
    expect(caseReport(testCase({ state: 'skipped', runs: [sampleRun()] }), [])?.state).toBe('skipped')
  })
})

describe('lastAttempt()', () => {
  it('is the last retry of the last repeat', () => {
    const attempts = [
      { repeat: 0, retry: 0 },
      { repeat: 0, retry: 2 },
      { repeat: 1, retry: 0 },
      { repeat: 1, retry: 1 },
      { repeat: 1, retry: 1 },
    ]
    const runs = attempts.map((attempt, index) => sampleRun({ id: String(index), attempt }))
    expect(lastAttempt(runs).map(({ id }) => id)).toEqual(['3', '4'])
  })
})
