// The connection of one virtual user to one origin: made by its first request, and again after it was closed.
import type { Socket } from 'node:net'
import { setImmediate } from 'node:timers'
import { Client, type Dispatcher } from 'undici'
import type { Connect } from './connector.ts'
import { withRealTimers } from './real-timers.ts'

/**
 * One undici client that has one request at a time. It sends nothing twice: a request that it puts back into its queue
 * because the connection closed was not yet written, one that was written fails with the connection (client-h1.js,
 * onHttpSocketClose).
 */
export class HttpConnection {
  readonly #client: Client
  #socket: Socket | undefined
  #error: Error | undefined
  /** From the beginning of an attempt to connect until its first request is written. */
  connecting = false

  constructor(origin: string, connect: Connect) {
    this.#client = new Client(origin, {
      connect: (options, callback) => {
        this.connecting = true
        this.#connect(connect(options, callback))
      },
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      // A server that says how long it keeps connections is left so much before, not after it closes them.
      keepAliveTimeout: 60_000,
      keepAliveTimeoutThreshold: 500,
    })
  }

  /**
   * How the connection broke. undici takes a reset for the end of an answer that ends with its connection
   * (client-h1.js, onHttpSocketError), which only an orderly end is.
   */
  get error(): Error | undefined {
    return this.#error
  }

  send(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    if (globalThis.setImmediate === setImmediate) this.#client.dispatch(request, handler)
    else this.#sendPastFakes(request, handler)
  }

  destroy(): void {
    void this.#client.destroy()
    // The client does not know of a socket that is still connecting.
    this.#socket?.destroy()
  }

  /**
   * A test has replaced the global `setImmediate`, by which undici waits before it writes: on a connection that was idle
   * as soon as it is told to (client-h1.js, scheduleIdleSocketValidation), otherwise after the answer before.
   */
  #sendPastFakes(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    withRealTimers(() => this.#client.dispatch(request, handler))
    setImmediate(() => {
      // Changes nothing, but makes the client look for what it may write.
      this.#client.pipelining = 1
    })
  }

  #connect(socket: Socket): void {
    this.#socket = socket
    this.#error = undefined
    socket.once('error', (error) => {
      if (this.#socket === socket) this.#error = error
    })
  }
}
