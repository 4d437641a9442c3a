// A TCP server that does one thing to every request and keeps its own exact account of it.
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { requestReader, type SeenRequest } from './request-reader.ts'

/** What the server itself saw and did. `requests` arrived whole; once its delay is over, each is in exactly one of the next six. */
export interface ServerLog {
  readonly connections: number
  readonly requests: number
  /** Whole answers written, whatever their status. */
  readonly answered: number
  /** Closed (FIN) instead of an answer. */
  readonly closed: number
  /** Reset (RST) before the answer, or in it. */
  readonly reset: number
  /** Part of an answer, then closed (FIN). */
  readonly truncated: number
  /** Bytes that are not HTTP. */
  readonly garbage: number
  /** Read and left without an answer, or its connection was gone before the delay was over. */
  readonly held: number
  /** Of the answered ones: with a 5xx status. */
  readonly errors: number
  /** Every request in order of arrival; empty unless asked for with `keep`. */
  readonly seen: readonly SeenRequest[]
}

export interface HostileOptions {
  /** Milliseconds before an answer, for servers that answer. Default: 0. */
  readonly delay?: number
  /** Keep what every request looked like. Default: false. */
  readonly keep?: boolean
  /** Port to listen on. Default: 0, any free one. */
  readonly port?: number
  /** Bytes of the body of an answer. Default: 2. */
  readonly bodyBytes?: number
}

export interface Exchange {
  readonly request: SeenRequest
  readonly socket: Socket
  readonly log: { -readonly [key in keyof ServerLog]: ServerLog[key] }
  readonly options: HostileOptions
}

/** What is done with a request that arrived whole; it counts what it did in `log`. */
export type HostileServer = (exchange: Exchange) => void

export interface StartedServer {
  readonly url: string
  readonly port: number
  log(): ServerLog
  stop(): Promise<void>
}

export async function startServer(treat: HostileServer, options: HostileOptions = {}): Promise<StartedServer> {
  const seen: SeenRequest[] = []
  const log = {
    ...{ connections: 0, requests: 0, answered: 0, closed: 0, reset: 0, truncated: 0, garbage: 0, held: 0, errors: 0 },
    seen,
  }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = ++log.connections
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const read = requestReader((parts) => {
      const request = { ...parts, connection, number: ++log.requests }
      if (options.keep) seen.push(request)
      treat({ request, socket, log, options })
    })
    socket.on('data', read)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    log: () => ({ ...log, seen: [...seen] }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
