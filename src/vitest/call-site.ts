// Where the user called us, so that what is found out later still points to that line.
import { fileURLToPath } from 'node:url'
import type { RunData } from '../core/run.ts'

const ownSources = fileURLToPath(new URL('..', import.meta.url)).replaceAll('\\', '/')

/** The stack lines of the moment, without those of this library. */
export function callSite(): string {
  const [, ...frames] = new Error().stack?.split('\n') ?? []
  return frames.filter((frame) => !frame.replaceAll('\\', '/').includes(ownSources)).join('\n')
}

/** The same error, as if thrown at the call site. */
export function thrownAt<Thrown extends Error>(site: string | undefined, error: Thrown): Thrown {
  if (site !== undefined) error.stack = `${error.name}: ${error.message}\n${site}`
  return error
}

/** The call sites of runs, by their data: slices share it. */
export const siteOf = new WeakMap<RunData, string>()
