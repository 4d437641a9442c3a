// What the cases of a file load: the example service on a schema of its own, with workers where they are wanted.
import pg from 'pg'
import { type Server, serve } from 'vitest-load'
import { useDatabase } from '../../examples/database/src/use-database.ts'

export interface Gateway {
  readonly url: string
  /** Its database, for what an answer cannot tell: what was really written. */
  readonly sql: pg.Pool
  /** Rows of a table. */
  count(table: string): Promise<number>
  /** Another instance on the same database, with some of the faults that its README lists. Ends with the test. */
  faultyTwin(faults: string): Promise<Server>
  stop(): Promise<void>
}

export interface GatewayOptions {
  /** Processes that do the image jobs. Default: 0. */
  readonly workers?: number
}

export async function startGateway({ workers = 0 }: GatewayOptions = {}): Promise<Gateway> {
  const database = await useDatabase()
  const env = { DATABASE_URL: database.url }
  const startProcess = (name: string, env: Record<string, string>) =>
    serve('node examples/gateway/src/server.ts', { name, ready: '/ready', env })
  const gateway = await startProcess('gateway', env)
  const startWorker = (_: unknown, index: number) =>
    serve('node examples/gateway/src/worker.ts', { name: `worker ${index + 1}`, ready: /is ready/, env })
  const servers: Server[] = [gateway, ...(await Promise.all(Array.from({ length: workers }, startWorker)))]
  const sql = new pg.Pool({ connectionString: database.url })
  // The pool's end does not wait for its connections: one that the database closes first is no error.
  sql.on('error', () => {})
  sql.on('connect', (connection) => connection.on('error', () => {}))

  return {
    url: gateway.url,
    sql,
    async count(table) {
      const { rows } = await sql.query<{ count: number }>(`select count(*)::integer as count from ${table}`)
      return rows[0]?.count as number
    },
    faultyTwin: (faults) => startProcess(`gateway with ${faults}`, { ...env, GATEWAY_FAULTS: faults }),
    async stop() {
      await sql.end()
      await Promise.all(servers.map((server) => server.stop()))
      await database[Symbol.asyncDispose]()
    },
  }
}
