// The least that a relay in Node can be: two sockets that are piped into each other, in a thread of their own.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export const bareRelayName = 'bare relay'

/** In front of a port of 127.0.0.1. */
export async function startBareRelay(upstream: number): Promise<AsyncDisposable & { readonly port: number }> {
  const thread = new Worker(new URL(import.meta.url), { workerData: upstream, name: bareRelayName })
  const [port] = (await once(thread, 'message')) as [number]
  return {
    port,
    async [Symbol.asyncDispose]() {
      await thread.terminate()
    },
  }
}

if (!isMainThread) {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: workerData as number, host: '127.0.0.1', noDelay: true })
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) {
      socket.on('error', () => {
        client.destroy()
        upstream.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port))
}
