// The queue of image jobs: an entry is a pointer to a job, handed to one worker at a time and again if that one is lost.
import PgBoss from 'pg-boss'
import type { Database, Queryable } from './database.ts'

export type Entry = { readonly id: string; readonly jobId: string }

export type Queue = {
  start(): Promise<void>
  add(connection: Queryable, jobIds: readonly string[]): Promise<void>
  addLater(connection: Queryable, jobId: string, delay: number): Promise<void>
  take(): Promise<Entry | undefined>
  remove(connection: Queryable, entry: Entry): Promise<void>
  stop(): Promise<void>
}

export type QueueOptions = {
  readonly database: Database
  /** How long an entry may stay with a worker before it is handed out again. */
  readonly timeout: number
  /** Whether this process looks for entries whose worker was lost. */
  readonly supervise: boolean
  readonly onError: (error: Error) => void
}

const name = 'images'
// Entries are handed out until the job itself gives up: it counts its attempts.
const retryLimit = 1_000_000

export function openQueue({ database, timeout, supervise, onError }: QueueOptions): Queue {
  const expireInSeconds = Math.ceil(timeout / 1000)
  const boss = new PgBoss({
    db: bossOn(database),
    schema: database.schema,
    schedule: false,
    supervise,
    maintenanceIntervalSeconds: Math.max(1, Math.floor(expireInSeconds / 2)),
  })
  boss.on('error', onError)

  return {
    start: async () => {
      await boss.start()
      await boss.createQueue(name)
    },
    add: async (connection, jobIds) => {
      const entries = jobIds.map((jobId) => ({ name, data: { jobId }, retryLimit, expireInSeconds }))
      await boss.insert(entries, { db: bossOn(connection) })
    },
    addLater: async (connection, jobId, delay) => {
      const options = { startAfter: delay / 1000, retryLimit, expireInSeconds, db: bossOn(connection) }
      await boss.send(name, { jobId }, options)
    },
    take: async () => {
      const [entry] = await boss.fetch<{ jobId: string }>(name, { priority: false })
      return entry && { id: entry.id, jobId: entry.data.jobId }
    },
    remove: async (connection, { id }) => {
      await boss.deleteJob(name, id, { db: bossOn(connection) })
    },
    stop: () => boss.stop({ graceful: false }),
  }
}

/** The way in which pg-boss sends its statements over connections of ours. */
function bossOn(connection: Queryable): PgBoss.Db {
  return { executeSql: (text, values) => connection.query(text, values) }
}
