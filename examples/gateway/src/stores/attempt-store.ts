// Image jobs as a worker sees them: begun, moved on, ended; each change is told to whoever listens.
import type { Channels } from '../channels.ts'
import type { Database, Queryable } from '../database.ts'
import type { Entry, Queue } from '../queue.ts'
import { type ImageRequest, type Job, jobColumns } from './job-store.ts'

/** One attempt at a job. It counts until another attempt has begun, or the job is over. */
export type Attempt = ImageRequest & {
  readonly id: string
  /** Its number, from 1. */
  readonly attempts: number
  readonly entry: Entry
}

export type AttemptStore = ReturnType<typeof attemptStore>

export type AttemptStoreOptions = {
  readonly database: Database
  readonly queue: Queue
  readonly channels: Channels
  readonly worker: string
}

/** What is set, and the values of `$4` and on. */
type Change = readonly [string, ...unknown[]]

export function attemptStore({ database, queue, channels, worker }: AttemptStoreOptions) {
  /** Whether the attempt still counted: otherwise nothing was changed. */
  async function change(connection: Queryable, { id, attempts }: Attempt, [set, ...values]: Change): Promise<boolean> {
    const { rowCount } = await connection.query(
      `with changed as (
         update image_jobs set ${set}, revision = revision + 1, updated_at = now()
         where id = $1 and attempts = $2 and state = 'running' returning ${jobColumns}
       )
       select pg_notify($3, to_json(changed)::text) from changed`,
      [id, attempts, channels.jobs, ...values],
    )
    return rowCount === 1
  }

  /**
   * The job and its entry in the queue change together, so that neither a lost worker nor a lost connection loses a
   * job. An attempt that does not count leaves the entry alone: somebody else has it.
   */
  const end = (attempt: Attempt, setting: Change, next?: (connection: Queryable) => Promise<void>): Promise<boolean> =>
    database.transaction(async (connection) => {
      const counts = await change(connection, attempt, setting)
      if (counts) {
        await queue.remove(connection, attempt.entry)
        await next?.(connection)
      }
      return counts
    })

  return {
    /** Undefined if the job is over or gone. */
    async begin(entry: Entry): Promise<Attempt | undefined> {
      const { rows } = await database.query<Omit<Attempt, 'entry'>>(
        `with begun as (
           update image_jobs set state = 'running', attempts = attempts + 1, progress = 0, worker = $2,
             revision = revision + 1, updated_at = now()
           where id = $1 and state in ('queued', 'running', 'waiting') returning *
         ), told as (
           select pg_notify($3, to_json(news)::text) from (select ${jobColumns} from begun) as news
         )
         select id, source, width, height, passes, attempts from begun left join told on true`,
        [entry.jobId, worker, channels.jobs],
      )
      return rows[0] && { ...rows[0], entry }
    },

    progress: (attempt: Attempt, percent: number): Promise<boolean> =>
      change(database, attempt, ['progress = $4', percent]),

    finish: (attempt: Attempt, result: Job['result']): Promise<boolean> =>
      end(attempt, ["state = 'done', progress = 100, error = null, result = $4", result]),

    /** Puts it aside until its next attempt. */
    postpone: (attempt: Attempt, error: string, delay: number): Promise<boolean> =>
      end(attempt, ["state = 'waiting', error = $4", error], (connection) =>
        queue.addLater(connection, attempt.id, delay),
      ),

    bury: (attempt: Attempt, error: string): Promise<boolean> => end(attempt, ["state = 'dead', error = $4", error]),

    /** Gives it back as if it had never been begun. */
    giveBack: (attempt: Attempt): Promise<boolean> =>
      end(attempt, ["state = 'queued', progress = 0, attempts = attempts - 1"], async (connection) => {
        await queue.add(connection, [attempt.id])
        await connection.query("select pg_notify($1, '')", [channels.work])
      }),

    /** For an entry whose job is over or gone. */
    drop: (entry: Entry): Promise<void> => queue.remove(database, entry),
  }
}
