// The routes of sessions: an API key buys one, its token opens it.
import type { FastifyInstance } from 'fastify'
import type { CallLimit } from '../call-limit.ts'
import type { SessionGuard } from '../session-guard.ts'
import type { Session, SessionStore } from '../stores/session-store.ts'

export type SessionRoutesOptions = {
  readonly sessions: SessionStore
  readonly ownSession: SessionGuard
  readonly limit: CallLimit
}

export async function sessionRoutes(app: FastifyInstance, options: SessionRoutesOptions): Promise<void> {
  const { sessions, ownSession, limit } = options

  app.post<{ Body: { apiKey: string } }>(
    '/api/sessions',
    { schema: { body: newSession, response: { 201: openedSession } } },
    async (request, reply) => {
      limit(`key ${request.body.apiKey}`)
      reply.code(201)
      return sessions.open()
    },
  )

  const guarded = { preValidation: ownSession }

  app.get('/api/sessions/:id', { ...guarded, schema: { response: { 200: shownSession } } }, async (request) =>
    request.getDecorator<Session>('session'),
  )

  app.delete('/api/sessions/:id', guarded, async (request, reply) => {
    await sessions.end(request.getDecorator<Session>('session').id)
    return reply.code(204).send()
  })
}

const newSession = {
  type: 'object',
  required: ['apiKey'],
  additionalProperties: false,
  properties: { apiKey: { type: 'string', minLength: 1, maxLength: 128 } },
}

const time = { type: 'string', format: 'date-time' }

const openedSession = {
  type: 'object',
  required: ['id', 'token', 'expiresAt'],
  properties: { id: { type: 'string' }, token: { type: 'string' }, expiresAt: time },
}

const shownSession = {
  type: 'object',
  required: ['id', 'createdAt', 'expiresAt'],
  properties: { id: { type: 'string' }, createdAt: time, expiresAt: time },
}
