// The PostgreSQL of all load cases: started once, before the first of them, because the Vitest config says
// `loadTesting({ globalSetup: './tests/load/database.ts' })`. Every file has a schema of its own in it.
import { startDatabase } from '../../examples/database/src/start-database.ts'

/** What runs in the test processes finds it in DATABASE_URL, as it would find yours. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.DATABASE_URL) return undefined
  const { url, stop } = await startDatabase()
  process.env.DATABASE_URL = url
  return async () => {
    delete process.env.DATABASE_URL
    await stop()
  }
}
