// Builds the application: every store, every route, nothing that listens.
import Fastify, { type FastifyInstance } from 'fastify'
import { healthRoutes } from './health.ts'
import { MessageStore } from './message-store.ts'
import { messageRoutes } from './messages.ts'
import { guardSessions } from './session-guard.ts'
import { SessionStore } from './session-store.ts'
import { sessionRoutes } from './sessions.ts'
import { statsRoutes } from './stats.ts'
import { webhookRoutes } from './webhooks.ts'

export type AppOptions = {
  /** Key of the webhook signatures; default `'dev-secret'`. */
  readonly webhookSecret?: string
  /** Log requests to stdout as JSON; default false. */
  readonly log?: boolean
  /** A session ends this many milliseconds after its start; default 15 minutes. */
  readonly sessionLifetime?: number
  /** Sessions, messages and event ids kept; beyond it the oldest of each goes first. Default 50,000. */
  readonly capacity?: number
  /** Clock in epoch milliseconds; default `Date.now`. */
  readonly now?: () => number
}

export function buildApp(options: AppOptions = {}): FastifyInstance {
  const { webhookSecret = 'dev-secret', log = false, capacity = 50_000, now = Date.now } = options
  const { sessionLifetime = 15 * 60_000 } = options

  const app = Fastify({
    logger: log,
    bodyLimit: 64 * 1024,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } }, // bad input is refused, not mended
  })
  const messages = new MessageStore({ capacity, now })
  const sessions = new SessionStore({
    capacity,
    now,
    lifetime: sessionLifetime,
    onEnd: (session) => messages.forget(session.id),
  })
  const ownSession = guardSessions(app, sessions)

  statsRoutes(app, { sessions, messages })
  healthRoutes(app)
  sessionRoutes(app, { sessions, ownSession })
  messageRoutes(app, { messages, ownSession })
  webhookRoutes(app, { secret: webhookSecret, capacity })
  return app
}
