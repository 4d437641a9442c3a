// Says that the process is up and answers.
import type { FastifyInstance } from 'fastify'

export function healthRoutes(app: FastifyInstance): void {
  app.get('/health', { schema: { response: { 200: answer } } }, () => ({ status: 'ok' }))
}

const answer = { type: 'object', required: ['status'], properties: { status: { type: 'string' } } }
