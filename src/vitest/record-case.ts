// Leaves the runs of a test, with what was said about them, where Vitest's main process finds them.
import { Run, type RunData } from '../core/run.ts'
import { type CaseRecord, metaKey } from '../record/case-record.ts'
import { recordRun } from '../record/record-run.ts'
import { hasKeptFiles } from './held-files.ts'
import { outside, type RunningCase } from './running-case.ts'

declare module 'vitest' {
  interface TaskMeta {
    'vitest-load'?: CaseRecord
  }
}

/** Runs that some test has handed over. */
const recorded = new WeakSet<RunData>()

/** Appends: Vitest keeps `meta` over retries and repeats. Runs made outside of tests come with the next test that ends. */
export function recordCase(running: RunningCase): void {
  const { task, attempt } = running
  if (!task) return
  const left = outside.carriedOut.filter((run) => !recorded.has(run))
  const runs = [...new Set([...left, ...running.runs])]
  if (runs.length === 0) return
  const records = runs.map((run) => {
    recorded.add(run)
    const verdicts = [...outside.verdictsOn(run), ...running.verdictsOn(run)]
    return recordRun(Run.from(run), { attempt, verdicts, keptFiles: hasKeptFiles(run) })
  })
  task.meta[metaKey] = { version: 1, runs: [...(task.meta[metaKey]?.runs ?? []), ...records] }
}
