// Where the user called us, so that what is found out later still points to that line.
import { fileURLToPath } from 'node:url'
import { LoadTestError } from '../core/errors.ts'
import type { RunData } from '../core/run.ts'

// A frame names the URL of a module that Node has loaded, and the path of one that Vitest has transformed.
const sources = new URL('..', import.meta.url)
const ownSources = [sources.href, fileURLToPath(sources).replaceAll('\\', '/')]

/** The stack lines of the moment, without those of this library. */
export function callSite(): string {
  const [, ...frames] = new Error().stack?.split('\n') ?? []
  return frames.filter((frame) => !ownSources.some((source) => frame.replaceAll('\\', '/').includes(source))).join('\n')
}

/** The same error; one of ours as if thrown at the call site, because where in the library it arose helps nobody. */
export function thrownAt<Thrown>(site: string | undefined, error: Thrown): Thrown {
  if (site !== undefined && error instanceof LoadTestError) error.stack = `${error.name}: ${error.message}\n${site}`
  return error
}

/** What the work gives; our own errors that it throws are thrown at the call site. */
export function pointingTo<Result>(site: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw thrownAt(site, error)
  }
}

/** The call sites of runs, by their data: slices share it. */
export const siteOf = new WeakMap<RunData, string>()
