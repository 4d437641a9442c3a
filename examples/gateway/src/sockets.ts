// The WebSocket side at /ws: subscribe to jobs, hear their progress.
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { handshakeRefusal, refuseHandshake, route } from './handshake.ts'
import type { RouteCounts } from './route-counts.ts'
import { readMessage } from './socket-message.ts'
import { isFinal, type Job, type JobStore } from './stores/job-store.ts'
import type { Subscriber, Subscriptions } from './subscriptions.ts'

export type SocketsOptions = {
  readonly jobs: JobStore
  readonly subscriptions: Subscriptions
  readonly counts: RouteCounts
  readonly most: number
  readonly onError: (error: Error) => void
}

type Connection = { readonly socket: WebSocket; readonly jobIds: Set<string>; alive: boolean }

const mostSubscriptions = 100
const mostUnsentBytes = 1024 * 1024
const heartbeat = 15_000

export class Sockets {
  readonly #options: SocketsOptions
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  readonly #connections = new Set<Connection>()
  readonly #timer = setInterval(() => this.#dropDead(), heartbeat)
  #closing = false

  constructor(options: SocketsOptions) {
    this.#options = options
  }

  get open(): number {
    return this.#connections.size
  }

  attach(server: Server): void {
    server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      const refusal = handshakeRefusal(request, this.#noRoom)
      this.#options.counts.count(refusal?.statusCode === 404 ? 'no route' : route, refusal?.statusCode ?? 101)
      if (refusal) return refuseHandshake(stream, refusal)
      this.#server.handleUpgrade(request, stream, head, (socket) => this.#welcome(socket))
    })
  }

  /** Says goodbye to everybody; nobody new is let in. */
  close(): void {
    this.#closing = true
    clearInterval(this.#timer)
    for (const { socket } of this.#connections) {
      socket.close(1001, 'the gateway is leaving')
      setTimeout(() => socket.terminate(), 1_000).unref() // who does not say goodbye too is not waited for
    }
  }

  get #noRoom(): string | undefined {
    if (this.#closing) return 'the gateway is leaving'
    const { most } = this.#options
    return this.open < most ? undefined : `all ${most} WebSocket connections are taken`
  }

  #welcome(socket: WebSocket): void {
    const connection: Connection = { socket, jobIds: new Set(), alive: true }
    const subscriber: Subscriber = {
      tell: (job) => {
        if (isFinal(job)) connection.jobIds.delete(job.id)
        this.#send(socket, { job })
      },
    }
    this.#connections.add(connection)
    socket.on('message', (data) => this.#hear(connection, subscriber, data))
    socket.on('pong', () => {
      connection.alive = true
    })
    socket.on('error', () => socket.terminate()) // it broke the protocol, or went away
    socket.on('close', () => {
      this.#connections.delete(connection)
      for (const jobId of connection.jobIds) this.#options.subscriptions.remove(jobId, subscriber)
    })
  }

  #hear(connection: Connection, subscriber: Subscriber, data: RawData): void {
    const { socket, jobIds } = connection
    const message = readMessage(data)
    if (message === undefined) {
      this.#send(socket, { error: 'expected {"subscribe":"<job id>"} or {"ping":<anything>}' })
    } else if ('ping' in message) {
      this.#send(socket, { pong: message.ping })
    } else if (jobIds.size >= mostSubscriptions) {
      this.#send(socket, { error: `at most ${mostSubscriptions} jobs at once`, subscribe: message.subscribe })
    } else {
      void this.#subscribe(connection, subscriber, message.subscribe)
    }
  }

  async #subscribe({ socket, jobIds }: Connection, subscriber: Subscriber, jobId: string): Promise<void> {
    const { jobs, subscriptions, onError } = this.#options
    const forget = (error: string) => {
      jobIds.delete(jobId)
      subscriptions.remove(jobId, subscriber)
      this.#send(socket, { error, subscribe: jobId })
    }
    jobIds.add(jobId)
    subscriptions.add(jobId, subscriber) // before it looks, so that nothing is missed in between
    try {
      const job = await jobs.find(jobId)
      if (!job) forget('no such job')
      else if (jobIds.has(jobId)) subscriptions.tell(job)
    } catch (error) {
      onError(error as Error)
      forget('the database cannot be reached')
    }
  }

  #send(socket: WebSocket, message: { job: Job } | { error: string; subscribe?: string } | { pong: unknown }): void {
    if (socket.readyState !== socket.OPEN) return
    if (socket.bufferedAmount > mostUnsentBytes)
      socket.terminate() // it does not read
    else socket.send(JSON.stringify(message))
  }

  #dropDead(): void {
    for (const connection of this.#connections) {
      if (!connection.alive) connection.socket.terminate()
      connection.alive = false
      connection.socket.ping()
    }
  }
}
