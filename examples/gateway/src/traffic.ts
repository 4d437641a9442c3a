// What happens to every request before its route sees it: it is counted, timed, and refused when there are too many.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Metrics } from './metrics.ts'
import { Refusal } from './refusal.ts'
import type { RouteCounts } from './route-counts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered however busy the gateway is: it must be possible to ask how it is. */
    readonly always?: boolean
  }
}

export type TrafficOptions = { readonly counts: RouteCounts; readonly metrics: Metrics; readonly mostRequests: number }

export function watchTraffic(app: FastifyInstance, { counts, metrics, mostRequests }: TrafficOptions): void {
  let inFlight = 0
  const leave = () => {
    inFlight--
  }

  app.addHook('onRequest', (request, _reply, done) => {
    counts.receive(routeOf(request))
    done()
  })

  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.always) return done()
    if (inFlight >= mostRequests) {
      return done(new Refusal(503, `${mostRequests} requests are under way already`, { retryAfter: 1_000 }))
    }
    inFlight++
    reply.raw.on('close', leave) // also when the client has gone
    done()
  })

  app.addHook('onResponse', (request, reply, done) => {
    const route = routeOf(request)
    counts.answer(route, reply.statusCode)
    metrics.observe(route, reply.elapsedTime)
    done()
  })
}

// Named by the pattern, not by the path: the number of names stays that of the routes.
function routeOf(request: FastifyRequest): string {
  const { url } = request.routeOptions
  return url === undefined ? 'no route' : `${request.method} ${url}`
}
