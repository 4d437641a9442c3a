// Lets a request pass only with the bearer token of the session in its path.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from './refusal.ts'
import type { Session, SessionStore } from './stores/session-store.ts'

export type SessionGuard = (request: FastifyRequest) => Promise<void>

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Gives the `preValidation` hook of routes with `:id` in their path; behind it the session is
 * `request.getDecorator<Session>('session')`. Refuses with 401 (no token, wrong token) or 404 (no such session, ended).
 */
export function guardSessions(app: FastifyInstance, sessions: SessionStore): SessionGuard {
  app.decorateRequest('session', null)

  return async (request) => {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) throw new Refusal(401, 'a bearer token is needed')
    const { id } = request.params as { id: string }
    const session = uuid.test(id) ? await sessions.find(id, token) : 'unknown'
    if (session === 'unknown') throw new Refusal(404, 'no such session')
    if (session === 'stranger') throw new Refusal(401, 'the token is not the one of this session')
    request.setDecorator<Session>('session', session)
  }
}
