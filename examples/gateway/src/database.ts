// The pool of connections, and transactions on it.
import pg from 'pg'

/** Where statements go: the pool, or the one connection of a transaction. */
export type Queryable = {
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>
}

export type Database = Queryable & {
  readonly url: string
  readonly schema: string
  readonly pool: pg.Pool
  /** Commits when `work` returns, rolls back when it throws. */
  transaction<Result>(work: (connection: Queryable) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

export type DatabaseOptions = {
  readonly url: string
  /** Made if it is not there. Undefined: the one that connections of this URL see first. */
  readonly schema: string | undefined
  readonly poolSize: number
  readonly poolWait: number
  /** What the database shows of this process in `pg_stat_activity`. */
  readonly name: string
  readonly onError: (error: Error) => void
}

const longestStatement = 30_000

export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { schema: wanted, poolSize, poolWait, name, onError } = options
  const url = wanted === undefined ? options.url : seeingSchema(options.url, wanted)
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: poolWait,
    statement_timeout: longestStatement,
    application_name: name,
  })
  // An idle connection was lost; the pool has dropped it already. Its end does not wait for those that it closes: one that
  // the database closes first is no error.
  pool.on('error', (error) => {
    if (!pool.ending) onError(error)
  })
  pool.on('connect', (connection) => connection.on('error', () => {}))
  try {
    const schema = await findSchema(pool, wanted)
    return {
      url,
      schema,
      pool,
      query: (text, values) => pool.query(text, values),
      transaction: (work) => transaction(pool, work),
      close: () => pool.end(),
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}

function seeingSchema(url: string, schema: string): string {
  const changed = new URL(url)
  const given = changed.searchParams.get('options')
  changed.searchParams.set('options', `${given ? `${given} ` : ''}-c search_path=${schema}`)
  changed.search = changed.search.replaceAll('+', '%20') // the blank as PostgreSQL's own programs read it, too
  return changed.href
}

async function findSchema(pool: pg.Pool, wanted: string | undefined): Promise<string> {
  // Two who make it at once: "if not exists" looks first and creates later, so one of them may fail.
  if (wanted !== undefined) {
    await pool.query(`create schema if not exists ${wanted}`).catch(async (error) => {
      const { rowCount } = await pool.query('select from pg_namespace where nspname = $1', [wanted])
      if (rowCount === 0) throw error
    })
  }
  const { rows } = await pool.query<{ schema: string | null }>('select current_schema() as schema')
  const schema = rows[0]?.schema
  if (schema) return schema
  throw new Error('the search_path of DATABASE_URL names no schema that exists: create it, or set DATABASE_SCHEMA')
}

async function transaction<Result>(pool: pg.Pool, work: (connection: Queryable) => Promise<Result>): Promise<Result> {
  const connection = await pool.connect()
  let lost: Error | undefined
  try {
    await connection.query('begin')
    const result = await work(connection)
    await connection.query('commit')
    return result
  } catch (error) {
    await connection.query('rollback').catch((failure: Error) => {
      lost = failure
    })
    throw error
  } finally {
    connection.release(lost) // with an error: it is closed, because nobody knows what state it is in
  }
}
