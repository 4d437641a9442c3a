// In watch mode: a load run that a saved file has made stale is ended, so that its successor need not wait for it.
import { setImmediate } from 'node:timers'
import type { TestProject, Vitest } from 'vitest/node'

/** Vitest waits for a run under way before it runs changed tests again. That is right for seconds, not for a load of minutes. */
export function endStaleRuns(project: TestProject, vitest: Vitest): void {
  const isOurs = (file: string) =>
    vitest.getModuleSpecifications(file).some((specification) => specification.project === project)
  vitest.vite.watcher.on('change', () => {
    // Vitest's own listeners find out first which tests the file belongs to. Of the reasons to cancel that it knows, a
    // person's is nearest.
    setImmediate(() => {
      if (isRunning(vitest) && [...vitest.watcher.changedTests].some(isOurs))
        void vitest.cancelCurrentRun('keyboard-input')
    })
  })
}

/** Vitest says so only in a field that its types leave out; without it no run is ended early. */
function isRunning(vitest: Vitest): boolean {
  return (vitest as { readonly runningPromise?: unknown }).runningPromise !== undefined
}
