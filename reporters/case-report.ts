// Turns what Vitest holds of a test into a case of the report.
import type { TestCase, TestProject } from 'vitest/node'
import { type CaseRecord, metaKey, type ProgressRecord, type RunRecord } from '../src/record/case-record.ts'
import type { CaseReport } from '../src/record/report.ts'
import { partialRun } from './partial-run.ts'
import { plain } from './text.ts'

/** The plugin hands its settings to the projects of load tests, and to no other. */
export function isLoadProject(project: TestProject): boolean {
  return 'vitest-load' in project.getProvidedContext()
}

/**
 * None for a test without load runs, unless it is a load test that failed, or was cut off, before it got to one.
 *
 * @param progress the last of each run of this test; it stands in for runs that delivered no record
 */
export function caseReport(testCase: TestCase, progress: Iterable<ProgressRecord>): CaseReport | undefined {
  const record = (testCase.meta() as { readonly [metaKey]?: CaseRecord })[metaKey]
  const finished = record?.runs ?? []
  const lost = [...progress].filter(({ id }) => !finished.some((run) => run.id === id))
  const { state, errors = [] } = testCase.result()
  const why = state === 'pending' ? 'interrupted' : 'its worker ended without a record'
  const runs = [...finished, ...lost.map((last) => partialRun(last, why))]
  const endedWell = state === 'passed' || state === 'skipped'
  if (runs.length === 0 && (endedWell || !isLoadProject(testCase.project))) return undefined
  const cancelled = state === 'skipped' && runs.some((run) => run.aborted !== undefined)
  return {
    file: testCase.module.relativeModuleId,
    name: testCase.fullName,
    project: testCase.project.name,
    state: state === 'pending' || cancelled ? 'interrupted' : state,
    errors: errors.map(firstLine),
    runs,
  }
}

/** Of an error's text. */
export function firstLine({ message }: { readonly message: string }): string {
  return plain(message.split('\n', 1)[0] as string)
}

/** The runs of the last attempt, which are the ones that count. Retries start anew in each repeat. */
export function lastAttempt(runs: readonly RunRecord[]): readonly RunRecord[] {
  const repeat = Math.max(...runs.map((run) => run.attempt.repeat))
  const repeated = runs.filter((run) => run.attempt.repeat === repeat)
  const retry = Math.max(...repeated.map((run) => run.attempt.retry))
  return repeated.filter((run) => run.attempt.retry === retry)
}
