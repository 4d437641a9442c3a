// A directory for files of a run that may hold secrets: nobody else reads it, and it goes when this process does.
import { randomUUID } from 'node:crypto'
import { mkdirSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guardDirectory, releaseDirectory, startReaper } from '../processes/reaper.ts'

/** Its path. */
export function makeGuardedDirectory(name: string): string {
  const path = join(tmpdir(), `vitest-load-${name}-${randomUUID()}`)
  startReaper()
  guardDirectory(path)
  mkdirSync(path, { mode: 0o700 })
  return path
}

/** With all that is in it. */
export function removeGuardedDirectory(path: string): void {
  removeBy(() => rmSync(path, { recursive: true, force: true }), path)
}

/** Unless there is something in it. */
export function removeEmptyDirectory(path: string): void {
  removeBy(() => rmdirSync(path), path)
}

/** Where it cannot be done now, as without a file descriptor, the directory still goes with this process. */
function removeBy(remove: () => void, path: string): void {
  try {
    remove()
  } catch {
    return
  }
  releaseDirectory(path)
}
