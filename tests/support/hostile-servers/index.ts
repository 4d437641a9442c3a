// Starts a server that misbehaves in a known way, in a thread of its own.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { HostileOptions, ServerLog } from './hostile-server.ts'
import type { HostileName } from './servers.ts'

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

export async function startHostile(name: HostileName, options: HostileOptions = {}): Promise<RunningHostile> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: { name, options } })
  const ended = once(worker, 'exit')
  const [port] = (await once(worker, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async log() {
      const answer = once(worker, 'message')
      worker.postMessage('log')
      const [log] = await Promise.race([answer, ended.then(() => [])])
      if (log === undefined) throw new Error(`the server '${name}' has ended`)
      return log as ServerLog
    },
    async stop() {
      worker.postMessage('stop')
      await ended
    },
  }
}
