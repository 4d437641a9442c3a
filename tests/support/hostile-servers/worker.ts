// Runs the servers of a test file in a worker thread, so that they do not share the event loop of what loads them.
import { parentPort } from 'node:worker_threads'
import { type HostileOptions, type StartedServer, startServer } from './hostile-server.ts'
import { type HostileName, servers } from './servers.ts'

/** `id` names the server, `start` makes it. Each is answered once, with the same `id`. */
export type Order =
  | { readonly id: number; readonly do: 'start'; readonly name: HostileName; readonly options: HostileOptions }
  | { readonly id: number; readonly do: 'log' | 'stop' }

const running = new Map<number, StartedServer>()
// What was already sent to a server is counted before its log is handed out.
const settle = 30

parentPort?.on('message', async (order: Order) => {
  parentPort?.postMessage({ id: order.id, answer: await carryOut(order) })
})

async function carryOut(order: Order): Promise<unknown> {
  if (order.do === 'start') {
    const server = await startServer(servers[order.name], order.options)
    running.set(order.id, server)
    return { url: server.url, port: server.port }
  }
  const server = running.get(order.id)
  if (order.do === 'stop') return server?.stop()
  await new Promise((resolve) => setTimeout(resolve, settle))
  return server?.log()
}
