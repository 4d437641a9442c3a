// Starts servers that misbehave in a known way, in a thread of their own.
import { Worker } from 'node:worker_threads'
import type { HostileOptions, ServerLog } from './hostile-server.ts'
import type { HostileName } from './servers.ts'
import type { Order } from './worker.ts'

export { type HostileOptions, type ServerLog, startServer } from './hostile-server.ts'
export { type HostileName, servers } from './servers.ts'

export interface RunningHostile {
  /** Scheme, host and port. */
  readonly url: string
  readonly port: number
  /** What the server saw and did so far. */
  log(): Promise<ServerLog>
  stop(): Promise<void>
}

/** One thread for all servers of a process: starting one costs more than all that they do. */
let worker: Worker | undefined
let started = 0

export async function startHostile(name: HostileName, options: HostileOptions = {}): Promise<RunningHostile> {
  const id = ++started
  const { url, port } = (await ask({ id, do: 'start', name, options })) as { url: string; port: number }
  return {
    url,
    port,
    log: async () => (await ask({ id, do: 'log' })) as ServerLog,
    stop: async () => {
      await ask({ id, do: 'stop' })
    },
  }
}

function ask(order: Order): Promise<unknown> {
  worker ??= startWorker()
  const asked = worker
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const answered = (message: { readonly id: number; readonly answer: unknown }) => {
    if (message.id === order.id) resolve(message.answer)
  }
  asked.on('message', answered).on('error', reject)
  asked.postMessage(order)
  return promise.finally(() => asked.off('message', answered).off('error', reject))
}

function startWorker(): Worker {
  const thread = new Worker(new URL('./worker.ts', import.meta.url))
  thread.setMaxListeners(0)
  thread.unref()
  return thread
}
