// The parts of autocannon 9.0.0's client that the driver relies on; a unit test fails when they move.
import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'

export interface AutocannonClient extends EventEmitter {
  /** Undefined until the first `_connect`. */
  conn?: Socket
  /** Looked up anew for every chunk that arrives. */
  parser: AnswerParser
  readonly secure: boolean
  /** From the second request on (`reqsMade > 0`) each one moves the iterator on before it is sent. */
  reqsMade: number
  readonly requestIterator: { currentRequestIndex: number; nextRequest(): unknown; resetContext(): void }
  pipelinedRequests: PendingRequests
  /** Makes a connection and sends on it. Also called by the client itself whenever `conn` ends or fails. */
  _connect(): void
  /** Sends the next request on `conn`. Also called by the client itself after every answer. */
  _doRequest(): void
  /** Destroys `conn`, deaf to whatever still happens to it, and forgets what was pending. */
  _destroyConnection(): void
  destroy(): void
}

/** Where autocannon keeps what it has sent; it takes nothing out before the end of an answer. */
export interface PendingRequests {
  insertRequest(request: unknown): void
  addByteCount(count: number): void
  clear(): void
}

/** The driver has accounts of its own: autocannon's, and the context it clones for every round of requests, only cost time. */
export function withoutAccounts(client: AutocannonClient): void {
  client.pipelinedRequests = { insertRequest() {}, addByteCount() {}, clear() {} }
  client.requestIterator.resetContext = () => {}
}

/** What http-parser-js knows when a head is complete. */
export interface AnswerHead {
  readonly statusCode: number
  readonly versionMinor: number
  /** Name, value, name, value. */
  readonly headers: readonly string[]
  readonly shouldKeepAlive: boolean
}

/** The callbacks are properties whose names are constants of the class. */
export interface AnswerParser {
  readonly state: string
  /** The line that has arrived in part. */
  readonly line: string
  /** The values of all `connection` headers, in lower case. */
  readonly connection: string
  /** Of the answer under way, as far as it has arrived. */
  readonly info: Pick<AnswerHead, 'headers'>
  /** Returns (does not throw) an Error for what it cannot parse. */
  execute(chunk: Buffer): number | Error
  /** The next whole line, without its end; undefined when it has not arrived whole. What it throws, `execute` returns. */
  consumeLine(): string | undefined
  /** Completes an answer whose end is the end of the connection. */
  finish(): void
  [callback: number]: (...given: never[]) => unknown
}

export interface AnswerParserClass {
  new (type: string): AnswerParser
  readonly RESPONSE: string
  readonly kOnHeadersComplete: number
  readonly kOnBody: number
  readonly kOnMessageComplete: number
}

export function parserClassOf(client: AutocannonClient): AnswerParserClass {
  return client.parser.constructor as unknown as AnswerParserClass
}
