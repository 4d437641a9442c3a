// Fault `pool`: too few connections for the time that a request keeps one, longer than its statement needs.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, type DatabaseOptions, openDatabase, type Queryable } from '../database.ts'

/** The fewest that the gateway can start with: the migrations use a second one. */
const connections = 2
/** As long as another service would take that is asked before the connection is given back. */
const keptFor = 40

export async function openNarrowDatabase(options: DatabaseOptions): Promise<Database> {
  const database = await openDatabase({ ...options, poolSize: connections })
  const query: Queryable['query'] = async (text, values) => {
    const connection = await database.pool.connect()
    try {
      const result = await connection.query(text, values)
      await sleep(keptFor)
      return result
    } finally {
      connection.release()
    }
  }
  return { ...database, query }
}
