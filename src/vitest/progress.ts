// Tells the main process how a run gets on while its test runs.
import { recordArtifact, type TestArtifactBase } from 'vitest'
import type { ProgressRecord } from '../record/case-record.ts'
import type { RunningCase } from './running-case.ts'

declare const progressKey: unique symbol
declare module 'vitest' {
  interface TestArtifactRegistry {
    [progressKey]: TestArtifactBase & { readonly type: 'vitest-load:progress'; readonly progress: ProgressRecord }
  }
}

/** Outside of a test there is nobody to tell. A message that gets lost is no loss: the next one says more. */
export function sendProgress({ task, attempt }: RunningCase, progress: Omit<ProgressRecord, 'attempt'>): void {
  if (task?.result?.state !== 'run') return
  const { artifacts } = task
  recordArtifact(task, { type: 'vitest-load:progress', progress: { ...progress, attempt } }).then(
    // Vitest keeps every artifact of a test; a run of a day would leave a hundred thousand.
    (sent) => artifacts.splice(artifacts.indexOf(sent), 1),
    () => {},
  )
}
