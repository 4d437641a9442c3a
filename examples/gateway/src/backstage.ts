// What stands behind both kinds of process: the database with its tables, the queue, the channels.
import { type Channels, channelsOf } from './channels.ts'
import type { Config } from './config.ts'
import { type Database, openDatabase } from './database.ts'
import { openNarrowDatabase } from './faults/pool.ts'
import { migrate } from './migrations.ts'
import { openQueue, type Queue } from './queue.ts'

export type Backstage = {
  readonly database: Database
  readonly queue: Queue
  readonly channels: Channels
  close(): Promise<void>
}

export type BackstageOptions = {
  readonly config: Config
  readonly name: string
  /** Whether this process looks after jobs whose worker was lost. */
  readonly supervise: boolean
  readonly onError: (error: Error) => void
}

export async function openBackstage({ config, name, supervise, onError }: BackstageOptions): Promise<Backstage> {
  const { databaseUrl: url, databaseSchema: schema, poolSize, poolWait, faults } = config
  const open = faults.has('pool') ? openNarrowDatabase : openDatabase
  const database = await open({ url, schema, poolSize, poolWait, name, onError })
  const queue = openQueue({ database, timeout: config.jobTimeout, supervise, onError })
  try {
    await migrate(database, queue.start)
  } catch (error) {
    await database.close()
    throw error
  }
  return {
    database,
    queue,
    channels: channelsOf(database.schema),
    async close() {
      await queue.stop()
      await database.close()
    },
  }
}
