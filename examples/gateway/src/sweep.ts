// Deletes what nobody needs any more, so that the database stays small however long the service runs.
import type { Database } from './database.ts'

const pause = 60_000

const statements = [
  'delete from sessions where expires_at < now()',
  "delete from webhook_events where received_at < now() - interval '7 days'",
  "delete from image_jobs where state in ('done', 'dead') and updated_at < now() - interval '1 day'",
]

/** Until it is stopped. Several processes may sweep: what is gone is gone. */
export function startSweeping(database: Database, onError: (error: Error) => void): () => void {
  const sweep = async () => {
    for (const statement of statements) await database.query(statement).catch(onError)
  }
  const timer = setInterval(sweep, pause)
  return () => clearInterval(timer)
}
