// Files and suites of load tests that failed or were cut off outside of their tests, as cases without runs.
import type { TestModule } from 'vitest/node'
import type { CaseReport } from '../src/record/report.ts'
import { firstLine, isLoadProject } from './case-report.ts'

/** What failed is an import or a hook; what was cut off is a file whose worker ended before its tests were known. */
export function groupReports(testModule: TestModule): CaseReport[] {
  const { project, relativeModuleId: file, children } = testModule
  if (!isLoadProject(project)) return []
  const blank = { file, project: project.name, runs: [] }
  if (isCutOff(testModule)) return [{ ...blank, name: file, state: 'interrupted', errors: [] }]
  const suites = [...children.allSuites()].map((suite) => ({ name: suite.fullName, errors: suite.errors() }))
  return [{ name: file, errors: testModule.errors() }, ...suites]
    .filter(({ errors }) => errors.length > 0)
    .map(({ name, errors }) => ({ ...blank, name, state: 'failed', errors: errors.map(firstLine) }))
}

function isCutOff(testModule: TestModule): boolean {
  const state = testModule.state()
  return (state === 'queued' || state === 'pending') && [...testModule.children.allTests()].length === 0
}
