// The routes of sessions: an API key buys one, its token opens it.
import type { FastifyInstance } from 'fastify'
import type { SessionGuard } from './session-guard.ts'
import type { Session, SessionStore } from './session-store.ts'

export type SessionRoutesOptions = { readonly sessions: SessionStore; readonly ownSession: SessionGuard }

export function sessionRoutes(app: FastifyInstance, { sessions, ownSession }: SessionRoutesOptions): void {
  app.post('/api/sessions', { schema: { body: newSession, response: { 201: openedSession } } }, (_request, reply) => {
    const { id, token, expiresAt } = sessions.start()
    reply.code(201).send({ id, token, expiresAt: new Date(expiresAt).toISOString() })
  })

  const guarded = { preValidation: ownSession }

  app.get('/api/sessions/:id', { ...guarded, schema: { response: { 200: shownSession } } }, (request) => {
    const { id, createdAt, expiresAt } = request.getDecorator<Session>('session')
    return { id, createdAt: new Date(createdAt).toISOString(), expiresAt: new Date(expiresAt).toISOString() }
  })

  app.delete('/api/sessions/:id', guarded, (request, reply) => {
    sessions.end(request.getDecorator<Session>('session'))
    reply.code(204).send()
  })
}

const newSession = {
  type: 'object',
  required: ['apiKey'],
  additionalProperties: false,
  properties: { apiKey: { type: 'string', minLength: 1, maxLength: 128 } },
}

const openedSession = {
  type: 'object',
  required: ['id', 'token', 'expiresAt'],
  properties: { id: { type: 'string' }, token: { type: 'string' }, expiresAt: { type: 'string' } },
}

const shownSession = {
  type: 'object',
  required: ['id', 'createdAt', 'expiresAt'],
  properties: { id: { type: 'string' }, createdAt: { type: 'string' }, expiresAt: { type: 'string' } },
}
