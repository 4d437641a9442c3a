// What Prometheus reads: requests, times, and how full everything is.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { Cache } from './cache.ts'
import type { Database } from './database.ts'
import type { RouteCounts } from './route-counts.ts'
import type { JobStore } from './stores/job-store.ts'

export type Metrics = {
  readonly contentType: string
  /** How long a request of this route took, in milliseconds. */
  observe(route: string, time: number): void
  text(): Promise<string>
}

export type MetricsOptions = {
  readonly counts: RouteCounts
  readonly database: Database
  readonly cache: Pick<Cache<unknown>, 'hits' | 'misses'>
  readonly jobs: JobStore
  readonly openSockets: () => number
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From the head of a request to the end of its answer',
    labelNames: ['route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  })
  countRequests(registers, options)
  countCache(registers, options)
  gaugePool(registers, options)
  gaugeWork(registers, options)

  return {
    contentType: registry.contentType,
    observe: (route, time) => durations.observe({ route }, time / 1000),
    text: () => registry.metrics(),
  }
}

function countRequests(registers: Registry[], { counts }: MetricsOptions): void {
  new Counter({
    name: 'http_requests_total',
    help: 'Answers given, by route and status',
    labelNames: ['route', 'status'],
    registers,
    collect() {
      this.reset()
      for (const [route, { answered }] of Object.entries(counts.routes)) {
        for (const [status, count] of Object.entries(answered)) this.inc({ route, status }, count)
      }
    },
  })
}

function countCache(registers: Registry[], { cache }: MetricsOptions): void {
  new Counter({
    name: 'gateway_cache_requests_total',
    help: 'Questions that the cache of clients answered (hit) or passed on to the database (miss)',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset()
      this.inc({ outcome: 'hit' }, cache.hits)
      this.inc({ outcome: 'miss' }, cache.misses)
    },
  })
}

function gaugePool(registers: Registry[], { database }: MetricsOptions): void {
  new Gauge({
    name: 'gateway_pool_connections',
    help: 'Connections to the database',
    labelNames: ['state'],
    registers,
    collect() {
      const { totalCount, idleCount } = database.pool
      this.set({ state: 'in_use' }, totalCount - idleCount)
      this.set({ state: 'idle' }, idleCount)
    },
  })

  new Gauge({
    name: 'gateway_pool_waiting',
    help: 'Statements that wait for a connection to the database',
    registers,
    collect() {
      this.set(database.pool.waitingCount)
    },
  })
}

function gaugeWork(registers: Registry[], { jobs, openSockets }: MetricsOptions): void {
  new Gauge({
    name: 'gateway_websockets_open',
    help: 'WebSocket connections of this instance',
    registers,
    collect() {
      this.set(openSockets())
    },
  })

  new Gauge({
    name: 'gateway_queue_jobs',
    help: 'Image jobs that are not over, of all instances; missing while the database cannot be reached',
    labelNames: ['state'],
    registers,
    async collect() {
      this.reset()
      const unfinished = await jobs.unfinished().catch(() => undefined)
      for (const [state, count] of Object.entries(unfinished ?? {})) this.set({ state }, count)
    },
  })
}
