// Lets a request pass only with the bearer token of the session in its path.
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { refuse } from './refusal.ts'
import { sameSecret } from './same-secret.ts'
import type { SessionStore } from './session-store.ts'

export type SessionGuard = (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => void

/**
 * Gives the `preValidation` hook of routes with `:id` in their path; behind it the session is
 * `request.getDecorator<Session>('session')`. Refuses with 401 (no token, wrong token) or 404 (no such session, ended).
 *
 * It runs after the body has arrived and calls its handler in the same tick: the session cannot end in between.
 */
export function guardSessions(app: FastifyInstance, sessions: SessionStore): SessionGuard {
  app.decorateRequest('session', null)

  return (request, reply, done) => {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
    if (token === undefined) return unauthorized(reply, 'a bearer token is needed')
    const session = sessions.find((request.params as { id: string }).id)
    if (!session) return refuse(reply, 404, 'no such session')
    if (!sameSecret(token, session.token)) return unauthorized(reply, 'the token is not the one of this session')
    request.setDecorator('session', session)
    done()
  }
}

function unauthorized(reply: FastifyReply, message: string): void {
  refuse(reply.header('www-authenticate', 'Bearer'), 401, message)
}
