// Puts the gateway together: stores, routes, sockets, and the order in which they close.
import Fastify, { type FastifyInstance } from 'fastify'
import { type Backstage, openBackstage } from './backstage.ts'
import { Cache } from './cache.ts'
import { limitCalls } from './call-limit.ts'
import type { Config } from './config.ts'
import { answerErrors } from './error-answers.ts'
import { HoardingCache } from './faults/cache.ts'
import { withBlockingHash } from './faults/hash.ts'
import { listenForever } from './faults/listeners.ts'
import { renderRows } from './faults/template.ts'
import { Listener } from './listener.ts'
import { createMetrics } from './metrics.ts'
import { openReception } from './reception.ts'
import { RouteCounts } from './route-counts.ts'
import { clientRoutes } from './routes/clients.ts'
import { healthRoutes } from './routes/health.ts'
import { imageRoutes } from './routes/images.ts'
import { messageRoutes } from './routes/messages.ts'
import { pageRoutes } from './routes/pages.ts'
import { projectRoutes } from './routes/projects.ts'
import { reportRoutes } from './routes/report.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { statsRoutes } from './routes/stats.ts'
import { transferRoutes } from './routes/transfers.ts'
import { webhookRoutes } from './routes/webhooks.ts'
import { guardSessions } from './session-guard.ts'
import { Sockets } from './sockets.ts'
import { type Client, clientStore } from './stores/client-store.ts'
import { type Job, type JobStore, jobStore } from './stores/job-store.ts'
import { messageStore } from './stores/message-store.ts'
import { projectStore } from './stores/project-store.ts'
import { reportStore } from './stores/report-store.ts'
import { sessionStore } from './stores/session-store.ts'
import { webhookStore } from './stores/webhook-store.ts'
import { Subscriptions } from './subscriptions.ts'
import { watchTraffic } from './traffic.ts'

/** @param onError told of what goes wrong behind the scenes, and of defects */
export async function buildApp(config: Config, onError: (error: Error) => void): Promise<FastifyInstance> {
  const app = Fastify({
    logger: config.log,
    bodyLimit: 64 * 1024,
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } }, // bad input is refused, not mended
  })
  const backstage = await openBackstage({ config, name: 'gateway', supervise: false, onError })
  const jobs = jobStore(backstage)
  const CacheOfClients = config.faults.has('cache') ? HoardingCache<Client> : Cache<Client>
  const cache = new CacheOfClients({ capacity: config.cacheSize, lifetime: config.cacheLifetime })
  const subscriptions = new Subscriptions()
  const counts = new RouteCounts()
  const sockets = new Sockets({ jobs, subscriptions, counts, most: config.maxSockets, onError })
  const parts = { backstage, jobs, cache, subscriptions, counts, openSockets: () => sockets.open, onError }

  const listener = hear(parts)
  await listener.start()
  answerErrors(app, onError)
  if (config.faults.has('listeners')) listenForever(app)
  addRoutes(app, config, parts)
  sockets.attach(app.server)
  app.addHook('preClose', async () => sockets.close()) // the server waits for its connections, also for these
  app.addHook('onClose', async () => {
    await listener.stop()
    await backstage.close()
  })
  return app
}

type Parts = {
  readonly backstage: Backstage
  readonly jobs: JobStore
  readonly cache: Cache<Client>
  readonly subscriptions: Subscriptions
  readonly counts: RouteCounts
  readonly openSockets: () => number
  readonly onError: (error: Error) => void
}

/** What other processes say: jobs have moved on, clients have changed. */
function hear({ backstage, jobs, cache, subscriptions, onError }: Parts): Listener {
  const { database, channels } = backstage
  return new Listener({
    url: database.url,
    name: 'gateway listener',
    channels: {
      [channels.jobs]: (message) => subscriptions.tell(JSON.parse(message) as Job),
      [channels.clients]: (id) => cache.forget(id),
    },
    onReturn: async () => {
      cache.clear()
      for (const job of await jobs.findAll(subscriptions.jobIds).catch(() => [])) subscriptions.tell(job)
    },
    onError,
  })
}

function addRoutes(app: FastifyInstance, config: Config, parts: Parts): void {
  const { backstage, jobs, cache, counts } = parts
  const { database, channels } = backstage
  const metrics = createMetrics({ ...parts, database })
  watchTraffic(app, { counts, metrics, mostRequests: config.maxRequests })
  const plainSessions = sessionStore(database, config.sessionLifetime)
  const sessions = config.faults.has('hash') ? withBlockingHash(plainSessions) : plainSessions
  const ownSession = guardSessions(app, sessions)
  const limit = limitCalls(config.ratePerSecond)
  const projects = projectStore(database)
  const reception = openReception(jobs, config.maxQueued)

  app.register(healthRoutes, { database })
  app.register(statsRoutes, { ...parts, metrics })
  app.register(sessionRoutes, { sessions, ownSession, limit })
  app.register(messageRoutes, { messages: messageStore(database), ownSession, limit })
  app.register(webhookRoutes, { webhooks: webhookStore(database), secret: config.webhookSecret })
  app.register(clientRoutes, { clients: clientStore(database, channels), cache })
  app.register(projectRoutes, { projects })
  app.register(transferRoutes, { projects })
  app.register(reportRoutes, { reports: reportStore(database) })
  app.register(imageRoutes, { jobs, reception })
  app.register(pageRoutes, { jobs, reception, ...(config.faults.has('template') && { renderRows }) })
}
