// The database of a load suite: one of its own, or the one in DATABASE_URL, in a schema that goes with the suite.
import { serve } from 'vitest-load'
import { makeSchema } from './schema.ts'
import { startWith } from './start-database.ts'

export interface Database extends AsyncDisposable {
  /** For DATABASE_URL of what is under test: its connections see the schema of this suite and no other. */
  readonly url: string
  /** Of the schema, for what names schemas itself, as pg-boss does. */
  readonly name: string
}

/** Dispose of it after what uses it has ended. */
export async function useDatabase(): Promise<Database> {
  const given = process.env.DATABASE_URL
  if (given) {
    const { url, name, drop } = await makeSchema(given)
    return { url, name, [Symbol.asyncDispose]: drop }
  }
  const started = await startWith((command, options) => serve(command, options))
  const { url, name } = await makeSchema(started.url)
  return { url, name, [Symbol.asyncDispose]: started.stop }
}
