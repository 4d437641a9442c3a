// Counts of this instance, for people (/stats) and for Prometheus (/metrics).
import type { FastifyInstance } from 'fastify'
import type { Cache } from '../cache.ts'
import type { Metrics } from '../metrics.ts'
import type { RouteCounts } from '../route-counts.ts'
import type { Subscriptions } from '../subscriptions.ts'

export type StatsRoutesOptions = {
  readonly counts: RouteCounts
  readonly cache: Pick<Cache<unknown>, 'hits' | 'misses' | 'size'>
  readonly openSockets: () => number
  readonly subscriptions: Subscriptions
  readonly metrics: Metrics
}

export async function statsRoutes(app: FastifyInstance, options: StatsRoutesOptions): Promise<void> {
  const { counts, cache, openSockets, subscriptions, metrics } = options
  const route = { config: { always: true } }

  app.get('/stats', route, async () => {
    const { hits, misses, size } = cache
    return {
      routes: counts.routes,
      cache: { hits, misses, size },
      webSocketsOpen: openSockets(),
      jobsWatched: subscriptions.jobIds.length,
    }
  })

  app.get('/metrics', route, async (_request, reply) => {
    reply.type(metrics.contentType)
    return metrics.text()
  })
}
