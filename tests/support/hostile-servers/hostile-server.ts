// A TCP server that does one thing to every request and keeps its own exact account of it.
import { readFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { freePort } from '../../../src/processes/free-port.ts'
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
  /** Read and left without a whole answer, or its connection was gone before the delay was over. */
  readonly held: number
  /** Of the answered ones: with a 5xx status. */
  readonly errors: number
  /** Every request in order of arrival; empty unless asked for with `keep`. */
  readonly seen: readonly SeenRequest[]
}

/** Times in ms. */
export interface HostileOptions {
  /** Before an answer, for servers that answer. Default: 0. */
  readonly delay?: number
  /** Keep what every request looked like. Default: false. */
  readonly keep?: boolean
  /** Bytes of the body of an answer. Default: 2. */
  readonly bodyBytes?: number
  /** Speak TLS, with a certificate that nobody vouches for. Default: false. */
  readonly tls?: boolean
  /** For servers that go down: how long after the first request. Default: 300. */
  readonly downAfter?: number
  /** For servers that come back: how long they are gone. Default: 300. */
  readonly downFor?: number
  /** For servers that give up idle connections: how long after an answer. Default: 5. */
  readonly idle?: number
}

export interface Exchange {
  readonly request: SeenRequest
  readonly socket: Socket
  readonly log: { -readonly [key in keyof ServerLog]: ServerLog[key] }
  readonly options: HostileOptions
  readonly server: Listener
}

/** The listening side of a server, for those that do not listen all the time. */
export interface Listener {
  /** Nobody listens any more. What becomes of the connections is for the caller to do. */
  goDown(): readonly Socket[]
  /** Listens on the same port again. */
  comeBack(): void
  readonly isDown: boolean
}

export interface HostileServer {
  /** What is done with a request that arrived whole; it counts what it did in `log`. */
  (exchange: Exchange): void
  /** What is done with a connection before any request. */
  readonly greet?: (socket: Socket) => void
}

export interface StartedServer {
  /** Scheme, host and port. */
  readonly url: string
  readonly port: number
  log(): ServerLog
  stop(): Promise<void>
}

export async function startServer(treat: HostileServer, options: HostileOptions = {}): Promise<StartedServer> {
  const log = {
    ...{ connections: 0, requests: 0, answered: 0, closed: 0, reset: 0, truncated: 0, garbage: 0, held: 0, errors: 0 },
    seen: [] as SeenRequest[],
  }
  const sockets = new Set<Socket>()
  let listening: Server | undefined
  let stopped = false
  const listener: Listener = {
    goDown() {
      listening?.close()
      listening = undefined
      return [...sockets]
    },
    comeBack() {
      if (stopped) return
      listening = serverFor(options, accept)
      listening.listen(port, '127.0.0.1')
    },
    get isDown() {
      return listening === undefined
    },
  }
  const accept = (socket: Socket) => {
    const connection = ++log.connections
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const read = requestReader((parts) => {
      const request = { ...parts, connection, number: ++log.requests }
      if (options.keep) log.seen.push(request)
      treat({ request, socket, log, options, server: listener })
    })
    socket.on('data', read)
    treat.greet?.(socket)
  }
  listening = serverFor(options, accept)
  // Not one that a client can be given while the server is down.
  const port = await freePort()
  await listen(listening, port)
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    port,
    log: () => ({ ...log, seen: [...log.seen] }),
    stop: async () => {
      stopped = true
      const closed = listening && new Promise((resolve) => listening?.once('close', resolve))
      for (const socket of listener.goDown()) socket.destroy()
      await closed
    },
  }
}

function serverFor({ tls }: HostileOptions, accept: (socket: Socket) => void): Server {
  if (!tls) return createServer({ noDelay: true }, accept)
  const server = createTlsServer({ key: pem('key'), cert: pem('cert'), noDelay: true }, accept)
  // A client that does not trust the certificate says so and leaves.
  return server.on('tlsClientError', () => {})
}

function pem(name: 'key' | 'cert'): Buffer {
  return readFileSync(new URL(`../certificates/self-signed.${name}.pem`, import.meta.url))
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}
