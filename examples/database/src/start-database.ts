// A database of one's own, without a schema: for all suites of a run, or for one.
import { fileURLToPath } from 'node:url'
import { type Server, serve } from 'vitest-load/engine'

export interface StartedDatabase {
  readonly url: string
  stop(): Promise<void>
}

const program = fileURLToPath(new URL('./server.ts', import.meta.url))
const readyLine = /^ready (postgres:.+)$/m

/** It runs until it is stopped, or this process ends: for a `globalSetup`. */
export function startDatabase(): Promise<StartedDatabase> {
  return startWith((command, options) => serve(command, options))
}

/** With the `serve()` of tests it ends with the test or the file that started it. */
export async function startWith(
  start: (command: readonly string[], options: { readonly name: string; readonly ready: RegExp }) => Promise<Server>,
): Promise<StartedDatabase> {
  const server = await start([process.execPath, program], { name: 'database', ready: readyLine })
  return { url: readyLine.exec(server.log)?.[1] as string, stop: () => server.stop() }
}
