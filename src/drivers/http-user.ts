// One virtual user that sends HTTP requests, one per iteration, over connections of its own.
import type { Dispatcher } from 'undici'
import type { Clock } from '../core/clock.ts'
import type { ErrorKind } from '../core/error-kind.ts'
import type { HttpResponse } from '../core/http-request.ts'
import { redactText } from '../core/redact.ts'
import type { RequestPlan } from '../core/target.ts'
import { judgeAnswer, requestInWords, thrownInWords } from './answer.ts'
import { AnswerBody, answerTooLarge } from './answer-body.ts'
import type { Connect } from './connector.ts'
import { errorKindOf } from './error-kind-of.ts'
import { HttpConnection } from './http-connection.ts'
import type { Message } from './http-message.ts'
import type { UserPool } from './user-pool.ts'
import { VirtualUser } from './virtual-user.ts'

/** A request of the target, with what all users share of it. */
export interface Errand {
  readonly request: RequestPlan
  readonly messageOf: (iteration: number) => Message
  readonly connect: Connect
}

export interface HttpWork {
  readonly errands: readonly Errand[]
  /** The place of the errand of an iteration, by its number. */
  readonly turn: (iteration: number) => number
  readonly clock: Clock
}

/** After a failed connection, doubled for every further attempt to connect: at most 100 of them a second. */
const shortestRest = 10
const longestRest = 1000

type Controller = Dispatcher.DispatchController

/**
 * An iteration is sent when its request is written, or, when it has to connect first, when it begins to connect: the
 * time that takes is part of it. The user is itself the handler of its requests, so that none is made per request.
 */
export class HttpUser extends VirtualUser implements Dispatcher.DispatchHandler {
  readonly #pool: UserPool
  readonly #work: HttpWork
  readonly #connections = new Map<string, HttpConnection>()
  #errand: Errand
  #message: Message | undefined
  #connection: HttpConnection | undefined
  #isWritten = false
  /** Whether a byte of the answer has arrived. */
  #isAnswered = false
  #status = 0
  #headers: HttpResponse['headers'] = {}
  readonly #body = new AnswerBody()
  readonly #read = () => ({ headers: this.#headers, body: this.#body.text })

  constructor(vu: number, pool: UserPool, work: HttpWork) {
    super(vu)
    this.#pool = pool
    this.#work = work
    this.#errand = work.errands[0] as Errand
  }

  get subject(): string {
    return requestInWords(this.#errand.request)
  }

  begin(): void {
    const { errands, turn } = this.#work
    this.#errand = errands[turn(this.iteration)] as Errand
    try {
      this.#message = this.#errand.messageOf(this.iteration)
    } catch (error) {
      this.#pool.failed(this, 'thrown', () => `${this.subject} was not sent: ${thrownInWords(error)}`)
      return
    }
    this.#connection = this.#connectionTo(this.#errand)
    this.#send()
  }

  giveUp(): void {
    for (const connection of this.#connections.values()) connection.destroy()
  }

  onRequestStart(): void {
    this.#isWritten = true
    this.rest = 0
    const connection = this.#connection as HttpConnection
    if (!connection.connecting) this.sent = this.#work.clock.now()
    connection.connecting = false
  }

  onResponseStarted(): void {
    this.#isAnswered = true
  }

  onResponseStart(_: Controller, status: number, headers: Record<string, unknown>): void {
    this.#status = status
    if (!this.#errand.request.accept) return
    this.#headers = headers as HttpResponse['headers']
    this.#body.clear()
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#errand.request.accept && !this.#body.add(chunk)) controller.abort(answerTooLarge)
  }

  onResponseEnd(controller: Controller): void {
    // Judging comes after the end: what `expect` takes is not the server's time.
    const ended = this.#work.clock.now()
    const error = this.#connection?.error
    if (error) {
      this.onResponseError(controller, error)
      return
    }
    const fault = judgeAnswer(this.#errand.request, this.#status, this.#read)
    this.#body.clear()
    if (fault) this.#pool.failed(this, fault.kind, () => fault.example)
    else this.#pool.ok(this, ended)
  }

  onResponseError(_: Controller, error: Error): void {
    const kind = this.#kindOf(error)
    if (!this.#isWritten && !this.#connection?.connecting && kind === 'reset') {
      // An idle connection was reset before it could be used. Nothing was written: this sends nothing twice. Later,
      // because undici takes no new request while it hands out this error.
      queueMicrotask(() => this.#send())
      return
    }
    this.rest = Math.min(longestRest, Math.max(shortestRest, this.rest * 2))
    if (this.#connection?.connecting) this.#drop(this.#connection)
    if (kind === 'timeout') this.#pool.timedOut(this, this.#inWords(error))
    else this.#pool.failed(this, kind, this.#inWords(error))
  }

  #connectionTo({ request: { origin }, connect }: Errand): HttpConnection {
    let connection = this.#connections.get(origin)
    if (!connection) {
      connection = new HttpConnection(origin, connect)
      this.#connections.set(origin, connection)
    }
    return connection
  }

  /** undici 7 keeps a client busy for ever whose server showed a certificate for another name. */
  #drop(connection: HttpConnection): void {
    connection.destroy()
    this.#connections.delete(this.#errand.request.origin)
  }

  #send(): void {
    this.#isWritten = false
    this.#isAnswered = false
    this.#connection?.send(this.#message as Message, this)
  }

  #kindOf(error: Error): ErrorKind {
    const kind = errorKindOf(error)
    return kind === 'closed' && this.#isAnswered ? 'truncated' : kind
  }

  #inWords(error: Error): () => string {
    return () => `${this.subject}: ${redactText(error.message)}`
  }
}
