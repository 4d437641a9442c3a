// Says that the process is up (/health), and that it can do its work (/ready).
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database.ts'

export async function healthRoutes(app: FastifyInstance, { database }: { readonly database: Database }): Promise<void> {
  const route = { config: { always: true }, schema: { response: { 200: answer } } }

  app.get('/health', route, async () => ({ status: 'ok' }))

  app.get('/ready', route, async () => {
    await database.query('select 1') // what it throws is answered with 503
    return { status: 'ready' }
  })
}

const answer = { type: 'object', required: ['status'], properties: { status: { type: 'string' } } }
