// A schema of a run's own in a database that others use too.
import { randomBytes } from 'node:crypto'
import pg from 'pg'

export interface Schema {
  readonly name: string
  /** Of the database, with this schema as the one that every connection sees. */
  readonly url: string
  drop(): Promise<void>
}

const prefix = 'vitest_load_'
const pattern = `^${prefix}[0-9a-f]{16}$`
const lockLimit = 10_000

/** Takes along what runs that were killed left there. */
export async function makeSchema(url: string): Promise<Schema> {
  const connection = await connect(url)
  const name = `${prefix}${randomBytes(8).toString('hex')}`
  try {
    // The lock ends with this connection, however that ends: a schema whose lock is free belongs to nobody any more.
    await connection.query('select pg_advisory_lock(hashtext($1))', [name])
    await dropForgotten(connection)
    await connection.query(`create schema ${name}`)
  } catch (error) {
    await connection.end()
    throw error
  }
  return { name, url: seeingOnly(url, name), drop: () => drop(connection, name) }
}

async function connect(url: string): Promise<pg.Client> {
  const connection = new pg.Client({ connectionString: url, lock_timeout: lockLimit })
  // A database that goes away shows where it is used.
  connection.on('error', () => {})
  await connection.connect()
  return connection
}

async function dropForgotten(connection: pg.Client): Promise<void> {
  const { rows } = await connection.query<{ name: string }>(
    'select nspname as name from pg_namespace where nspname ~ $1 and nspowner = current_user::regrole',
    [pattern],
  )
  for (const { name } of rows) {
    const lock = await connection.query<{ ours: boolean }>('select pg_try_advisory_lock(hashtext($1)) as ours', [name])
    if (!lock.rows[0]?.ours) continue
    // What a gateway still uses that outlived its run is left to the next time.
    await connection.query(`drop schema if exists ${name} cascade`).catch(() => {})
    await connection.query('select pg_advisory_unlock(hashtext($1))', [name])
  }
}

async function drop(connection: pg.Client, name: string): Promise<void> {
  try {
    await connection.query(`drop schema ${name} cascade`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`schema ${name} could not be dropped: ${reason}; end what uses it before`, { cause: error })
  } finally {
    await connection.end()
  }
}

function seeingOnly(url: string, schema: string): string {
  const changed = new URL(url)
  const given = changed.searchParams.get('options')
  changed.searchParams.set('options', `${given ? `${given} ` : ''}-c search_path=${schema}`)
  // The blank as PostgreSQL's own programs read it; a plus sign that is meant is %2B by now.
  changed.search = changed.search.replaceAll('+', '%20')
  return changed.href
}
