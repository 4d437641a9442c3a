// The database of a load suite: one of its own, or the one in DATABASE_URL, in a schema that goes with the suite.
import { fileURLToPath } from 'node:url'
import { serve } from 'vitest-load/engine'
import { makeSchema } from './schema.ts'

export interface Database extends AsyncDisposable {
  /** For DATABASE_URL of what is under test: its connections see the schema of this suite and no other. */
  readonly url: string
  /** Of the schema, for what names schemas itself, as pg-boss does. */
  readonly name: string
}

const program = fileURLToPath(new URL('./server.ts', import.meta.url))
const readyLine = /^ready (postgres:.+)$/m

/** Dispose of it after what uses it has ended. */
export async function useDatabase(): Promise<Database> {
  const given = process.env.DATABASE_URL
  if (given) {
    const { url, name, drop } = await makeSchema(given)
    return { url, name, [Symbol.asyncDispose]: drop }
  }
  const started = await startDatabase()
  const { url, name } = await makeSchema(started.url)
  return { url, name, [Symbol.asyncDispose]: started.stop }
}

/** One of its own without a schema, for all suites of a run. */
export async function startDatabase(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const server = await serve([process.execPath, program], { name: 'database', ready: readyLine })
  return { url: readyLine.exec(server.log)?.[1] as string, stop: () => server.stop() }
}
