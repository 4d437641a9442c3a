// Image jobs as the gateway sees them: taken in, looked at, counted.
import { randomUUID } from 'node:crypto'
import type { Channels } from '../channels.ts'
import type { Database } from '../database.ts'
import type { Queue } from '../queue.ts'

export type JobState = 'queued' | 'running' | 'waiting' | 'done' | 'dead'

export type ImageRequest = {
  readonly source: string
  readonly width: number
  readonly height: number
  readonly passes: number
}

/** What everybody may know of a job, and what subscribers are told. */
export type Job = {
  readonly id: string
  readonly batchId: string | null
  readonly source: string
  readonly state: JobState
  /** Percent. */
  readonly progress: number
  readonly attempts: number
  /** One more with each change, so that news which arrive late can be told from new ones. */
  readonly revision: number
  readonly worker: string | null
  readonly result: { readonly bytes: number; readonly sha256: string } | null
  readonly error: string | null
}

export type Batch = { readonly id: string; readonly total: number } & Readonly<Record<JobState, number>>

export type JobStore = ReturnType<typeof jobStore>

export const jobColumns =
  'id, batch_id as "batchId", source, state, progress, attempts, revision, worker, result, error'

export function isFinal({ state }: Pick<Job, 'state'>): boolean {
  return state === 'done' || state === 'dead'
}

export type JobStoreOptions = { readonly database: Database; readonly queue: Queue; readonly channels: Channels }

export function jobStore({ database, queue, channels }: JobStoreOptions) {
  return {
    /** The jobs and their entries in the queue: all, or none. */
    add: (images: readonly ImageRequest[], batchId: string | null = null): Promise<readonly string[]> =>
      database.transaction(async (connection) => {
        const jobs = images.map((image) => ({ ...image, id: randomUUID() }))
        await connection.query(
          `insert into image_jobs (id, batch_id, source, width, height, passes)
           select id, $2, source, width, height, passes
           from jsonb_to_recordset($1) as job (id uuid, source text, width integer, height integer, passes integer)`,
          [JSON.stringify(jobs), batchId],
        )
        const ids = jobs.map(({ id }) => id)
        await queue.add(connection, ids)
        await connection.query("select pg_notify($1, '')", [channels.work])
        return ids
      }),

    async find(id: string): Promise<Job | undefined> {
      const { rows } = await database.query<Job>(`select ${jobColumns} from image_jobs where id = $1`, [id])
      return rows[0]
    },

    async findAll(ids: readonly string[]): Promise<readonly Job[]> {
      const { rows } = await database.query<Job>(`select ${jobColumns} from image_jobs where id = any ($1)`, [ids])
      return rows
    },

    async newest(limit: number): Promise<readonly Job[]> {
      const { rows } = await database.query<Job>(
        `select ${jobColumns} from image_jobs order by created_at desc limit $1`,
        [limit],
      )
      return rows
    },

    async findBatch(id: string): Promise<Batch | undefined> {
      const { rows } = await database.query<{ state: JobState; count: number }>(
        'select state, count(*)::integer as count from image_jobs where batch_id = $1 group by state',
        [id],
      )
      if (rows.length === 0) return undefined
      const total = rows.reduce((sum, { count }) => sum + count, 0)
      return { id, total, ...noJobs, ...countsOf(rows) }
    },

    /** Jobs that are not over yet, by state. */
    async unfinished(): Promise<Pick<Batch, 'queued' | 'running' | 'waiting'>> {
      const { rows } = await database.query<{ state: JobState; count: number }>(
        `select state, count(*)::integer as count from image_jobs
         where state in ('queued', 'running', 'waiting') group by state`,
      )
      const { queued, running, waiting } = { ...noJobs, ...countsOf(rows) }
      return { queued, running, waiting }
    },
  }
}

const noJobs: Readonly<Record<JobState, number>> = { queued: 0, running: 0, waiting: 0, done: 0, dead: 0 }

function countsOf(rows: readonly { readonly state: JobState; readonly count: number }[]) {
  return Object.fromEntries(rows.map(({ state, count }) => [state, count])) as Partial<Record<JobState, number>>
}
