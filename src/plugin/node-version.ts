// Refuses a Node that is too old, whose failures would have other names.
import { LoadTestError } from '../core/errors.ts'

/** @throws LoadTestError `invalid-options` where Node is too old: what fails then has other names */
export function checkNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 12)) return
  throw new LoadTestError(
    'invalid-options',
    `loadTesting(): vitest-load needs Node 22.12 or later, and this is Node ${version}`,
  )
}
