// One TCP pipe in front of a server: bytes, ends and resets are passed on as they come, and told to whoever listens.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import { LoadTestError } from '../core/errors.ts'

export type Side = 'client' | 'server'

/**
 * How a connection came to its end: in order, reset by the client, reset by the server, nobody accepted it behind the
 * relay (which the client sees as a reset), or the relay was stopped.
 */
export type ConnectionEnd = 'closed' | 'client reset' | 'server reset' | 'refused' | 'stopped'

/** Hears what happens on one connection. Times in ms of this thread's `performance.now()`. */
export interface ConnectionListener {
  /** From the client. */
  up(chunk: Buffer, at: number): void
  /** From the server. */
  down(chunk: Buffer, at: number): void
  /** A side has said that it sends no more; the other may go on. */
  ended(side: Side, at: number): void
  /** Once, after everything else. */
  closed(how: ConnectionEnd, at: number): void
}

export interface RelayOptions {
  /** To listen on, at 127.0.0.1; 0 for any. */
  readonly port: number
  /** Where the server listens, at 127.0.0.1. */
  readonly upstream: number
  /** Called for each connection when it is accepted. Default: nobody listens. */
  readonly listener?: () => ConnectionListener
}

export interface RelayStats {
  /** Connections accepted so far, those that nobody accepted behind the relay among them. */
  readonly connections: number
  readonly open: number
  readonly refused: number
  readonly bytesUp: number
  readonly bytesDown: number
}

export interface Relay {
  readonly port: number
  readonly stats: RelayStats
  /** Closes the port and all connections. */
  stop(): Promise<void>
}

const host = '127.0.0.1'
// A client that connects has something to say at once, or keeps the connection for later.
const refusalPatience = 100
const deaf: ConnectionListener = { up() {}, down() {}, ended() {}, closed() {} }

/** @throws LoadTestError `server-failed` when the port cannot be had */
export async function startRelay({ port, upstream, listener = () => deaf }: RelayOptions): Promise<Relay> {
  const pipes = new Set<Pipe>()
  const stats = { connections: 0, open: 0, refused: 0, bytesUp: 0, bytesDown: 0 }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    stats.connections++
    stats.open++
    const pipe = new Pipe(client, upstream, {
      listener: listener(),
      stats,
      closed: () => {
        stats.open--
        pipes.delete(pipe)
      },
    })
    pipes.add(pipe)
  })
  server.listen({ port, host, exclusive: true, backlog: 4096 })
  await once(server, 'listening').catch((cause) => {
    throw new LoadTestError('server-failed', cannotListen(port, cause), { cause })
  })
  // One that could not be accepted is its client's loss; the others go on.
  server.on('error', () => {})
  const address = server.address() as { port: number }
  return {
    port: address.port,
    get stats() {
      return { ...stats }
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      for (const pipe of [...pipes]) pipe.stop()
      await closed
    },
  }
}

function cannotListen(port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code !== 'EADDRINUSE') return `the relay cannot listen on port ${port}: ${message}`
  return `port ${port} is taken by another process; end that one, or leave port out to get a free one`
}

interface PipeContext {
  readonly listener: ConnectionListener
  readonly stats: { refused: number; bytesUp: number; bytesDown: number }
  closed(): void
}

/** A client's connection and the one behind it. */
class Pipe {
  readonly #client: Socket
  readonly #server: Socket
  readonly #context: PipeContext
  #connected = false
  #how: ConnectionEnd = 'closed'
  #open = 2

  constructor(client: Socket, upstream: number, context: PipeContext) {
    this.#client = client
    this.#context = context
    this.#server = connect({ port: upstream, host, allowHalfOpen: true, noDelay: true })
    this.#server.once('connect', () => {
      this.#connected = true
    })
    const { listener, stats } = context
    forward(client, this.#server, (chunk, at) => {
      stats.bytesUp += chunk.length
      listener.up(chunk, at)
    })
    forward(this.#server, client, (chunk, at) => {
      stats.bytesDown += chunk.length
      listener.down(chunk, at)
    })
    this.#passOn('client', client, this.#server)
    this.#passOn('server', this.#server, client)
  }

  /** Not before the client has said what it wanted, so that whoever listens knows what was lost. */
  #refuse(): void {
    const client = this.#client
    const late = setTimeout(() => reset(client), refusalPatience)
    client.once('close', () => clearTimeout(late))
    if (client.bytesRead > 0) reset(client)
    else client.once('data', () => reset(client))
  }

  stop(): void {
    if (this.#how === 'closed') this.#how = 'stopped'
    this.#client.destroy()
    this.#server.destroy()
  }

  /** The end of one side becomes the end of the other, in kind. */
  #passOn(side: Side, from: Socket, to: Socket): void {
    from.once('end', () => {
      to.end()
      this.#context.listener.ended(side, performance.now())
    })
    // Its own end may be told by an error more than once: when it is read, and when it is written to.
    from.on('error', () => {
      const isRefused = side === 'server' && !this.#connected
      if (this.#how === 'closed') this.#how = isRefused ? 'refused' : `${side} reset`
      if (isRefused) this.#refuse()
      else reset(to)
    })
    from.once('close', () => {
      this.#open--
      if (this.#open > 0) return
      if (this.#how === 'refused') this.#context.stats.refused++
      this.#context.closed()
      this.#context.listener.closed(this.#how, performance.now())
    })
  }
}

/** No faster than the other side takes it. The listener comes last: passing on does not wait for it. */
function forward(from: Socket, to: Socket, listen: (chunk: Buffer, at: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    const at = performance.now()
    if (!to.destroyed && !to.write(chunk)) from.pause()
    listen(chunk, at)
  })
  to.on('drain', () => from.resume())
}

/** What came before the reset goes out before it. */
function reset(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.writableLength === 0 || socket.writableEnded) socket.resetAndDestroy()
  else socket.write('', () => socket.resetAndDestroy())
}
