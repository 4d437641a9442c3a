// Counts every request that came in and every answer that went out, for whoever wants to compare with counts of his own.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { MessageStore } from './message-store.ts'
import type { SessionStore } from './session-store.ts'

type RouteCount = {
  received: number
  /** By status code. Less than `received` in sum: the rest is in flight, or its client has gone. */
  readonly answered: Record<string, number>
}

export type StatsRoutesOptions = { readonly sessions: SessionStore; readonly messages: MessageStore }

export function statsRoutes(app: FastifyInstance, { sessions, messages }: StatsRoutesOptions): void {
  const routes: Record<string, RouteCount> = {}

  app.addHook('onRequest', (request, _reply, done) => {
    const name = routeOf(request)
    routes[name] ??= { received: 0, answered: {} }
    routes[name].received++
    done()
  })

  app.addHook('onResponse', (request, reply, done) => {
    const answered = routes[routeOf(request)]?.answered
    if (answered) answered[reply.statusCode] = (answered[reply.statusCode] ?? 0) + 1
    done()
  })

  app.get('/api/stats', () => ({ routes, sessionsOpen: sessions.count(), messagesStored: messages.count }))
}

// Named by the pattern, not by the path: the number of names stays that of the routes.
function routeOf(request: FastifyRequest): string {
  const { url } = request.routeOptions
  return url === undefined ? 'no route' : `${request.method} ${url}`
}
