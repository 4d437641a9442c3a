// One autocannon client, watched so that every request it sends is counted in exactly one way.
import type { ErrorKind } from '../core/error-kind.ts'
import type { Lane } from '../core/lane.ts'
import { redactText } from '../core/redact.ts'
import type { RequestPlan } from '../core/target.ts'
import { judgeAnswer, type ReadAnswer, requestInWords, thrownInWords } from './answer.ts'
import { AnswerBody, answerTooLarge } from './answer-body.ts'
import { type AnswerHead, type AutocannonClient, parserClassOf } from './autocannon-client.ts'
import {
  type AnswerListener,
  bytesInWords,
  hasNoBody,
  headersOf,
  isInterim,
  keepsAlive,
  listenToAnswers,
} from './autocannon-parser.ts'
import type { Traffic } from './autocannon-traffic.ts'
import { errorKindOf } from './error-kind-of.ts'

/** Between two connections of one client after a failure: at most 100 a second. */
const shortestPause = 10
const longestPause = 1000

/**
 * A request is due, planned and sent when autocannon writes it, which for the first one on a connection is before the
 * connection is up. So the time to connect is part of its latency, and when no connection comes about it has failed
 * with the connection's error, one request for each attempt, without the server having seen it.
 * One request at a time is under way.
 */
export class Connection implements AnswerListener {
  readonly #client: AutocannonClient
  readonly #traffic: Traffic
  readonly #connect: () => void
  readonly #doRequest: () => void
  /** What autocannon does at the end of an answer: counts it and sends the next request. */
  #goOn: () => void = () => {}
  readonly #timing = { planned: 0, sent: 0 }
  /** Where the request under way is counted; undefined when none is. */
  #lane: Lane | undefined
  #taken = 0
  #turn = -1
  #request: RequestPlan
  /** Whether bytes have arrived since the request under way was sent. */
  #isAnswered = false
  #head: AnswerHead | undefined
  readonly #body = new AnswerBody()
  readonly #read: ReadAnswer = () => ({
    headers: headersOf(this.#head as AnswerHead),
    body: this.#body.text,
  })
  #isConnected = false
  #connectedAt = 0
  /** When to connect again; undefined while there is a connection, or one is being made. */
  #connectAt: number | undefined = 0
  #pause = 0
  #error: Error | undefined

  constructor(client: AutocannonClient, traffic: Traffic) {
    this.#client = client
    this.#traffic = traffic
    this.#request = traffic.plans[0] as RequestPlan
    this.#connect = client._connect
    this.#doRequest = client._doRequest
    client._connect = () => this.#changed()
    client._doRequest = () => this.#send()
    // Every request, the first one too, then moves the iterator on to its own index.
    client.reqsMade = 1
    client.requestIterator.currentRequestIndex = -1
    client.on('connError', (error: Error) => {
      this.#error = error
    })
  }

  /** Called about every 10 ms: time-outs, and what waits for its time. */
  check(now: number): void {
    if (this.#lane) {
      if (now - this.#timing.sent >= this.#traffic.timeout) this.#lose('timeout', () => this.#timeoutInWords(), now)
    } else if (this.#connectAt === undefined) this.#send()
    else if (now >= this.#connectAt && this.#traffic.hasMore) this.#open(now)
  }

  /** For good; what is under way is unfinished. */
  end(now: number): void {
    const lane = this.#lane
    this.#lane = undefined
    if (lane) {
      lane.unfinished(this.#timing, now)
      this.#traffic.ended(this.#taken, now)
    }
    this.#client.destroy()
  }

  arriving(): void {
    this.#isAnswered = true
  }

  head(head: AnswerHead): boolean {
    // No bytes since the request was sent: the head was there before the request.
    if (!this.#lane || !this.#isAnswered) {
      this.#lose('protocol', () => `${requestInWords(this.#request)}: the server sent more than the answer`)
      return true
    }
    this.#head = head
    this.#client.pipelinedRequests.setHeaders(head)
    return this.#request.method === 'HEAD' || hasNoBody(head)
  }

  body(bytes: Buffer): void {
    if (this.#request.accept && !this.#body.add(bytes)) this.#broke(answerTooLarge)
  }

  complete(): void {
    const head = this.#head
    if (!this.#lane || !head || isInterim(head)) return
    const ended = this.#traffic.clock.now()
    this.#judge(this.#lane, head.statusCode, ended)
    this.#lane = undefined
    this.#traffic.ended(this.#taken, ended)
    if (keepsAlive(head, this.#request.method, this.#client.parser.connection)) {
      this.#goOn()
      return
    }
    // The next request must not go into a connection that the server is about to close.
    this.#connectAt = ended
    this.#goOn()
    this.#reconnect(ended, ended)
  }

  broken(bytes: Buffer): void {
    this.#lose('protocol', () =>
      redactText(`${requestInWords(this.#request)}: the answer is not HTTP: "${bytesInWords(bytes)}"`),
    )
  }

  #judge(lane: Lane, status: number, ended: number): void {
    const fault = judgeAnswer(this.#request, status, this.#read)
    this.#body.clear()
    if (fault) lane.failed(fault.kind, () => fault.example, ended)
    else lane.ok(this.#timing, ended)
  }

  #send(): void {
    if (this.#lane || this.#connectAt !== undefined) return
    const { clock, plans, requests } = this.#traffic
    const turn = (this.#turn + 1) % plans.length
    const taken = clock.now()
    const lane = this.#traffic.take(turn, taken)
    if (!lane) return
    this.#turn = turn
    this.#request = plans[turn] as RequestPlan
    this.#taken = taken
    const iteration = this.#traffic.nextIteration()
    let sent = taken
    if (requests.isFresh(turn)) {
      if (!this.#prepare(iteration, lane)) return
      sent = clock.now()
    }
    this.#timing.planned = this.#timing.sent = sent
    this.#lane = lane
    this.#isAnswered = false
    this.#head = undefined
    this.#doRequest.call(this.#client)
  }

  /** A request that cannot be made is over; the next one waits for `check`, lest a loop of throws never ends. */
  #prepare(iteration: number, lane: Lane): boolean {
    try {
      this.#traffic.requests.prepare(this.#turn, iteration)
      return true
    } catch (error) {
      const now = this.#traffic.clock.now()
      lane.failed('thrown', () => `${requestInWords(this.#request)} was not sent: ${thrownInWords(error)}`, now)
      this.#traffic.ended(this.#taken, now)
      this.#client.requestIterator.nextRequest()
      return false
    }
  }

  /** autocannon wants a connection: the first one, or the one it had has ended or failed. */
  #changed(): void {
    const now = this.#traffic.clock.now()
    const error = this.#error
    this.#error = undefined
    const words = requestInWords(this.#request)
    if (!this.#client.conn) this.#open(now)
    else if (error) this.#broke(error, now)
    else if (this.#client.parser.state === 'BODY_RAW') this.#client.parser.finish()
    else if (this.#isAnswered) this.#lose('truncated', () => `${words}: the connection was closed in the answer`, now)
    else this.#lose('closed', () => `${words}: the connection was closed without an answer`, now)
  }

  #broke(error: Error, now?: number): void {
    this.#lose(errorKindOf(error), () => redactText(`${requestInWords(this.#request)}: ${error.message}`), now)
  }

  /** The connection is useless; the request under way, if any, ends with it. */
  #lose(kind: ErrorKind, example: () => string, now = this.#traffic.clock.now()): void {
    const lane = this.#lane
    this.#lane = undefined
    this.#body.clear()
    if (lane) {
      if (kind === 'timeout') lane.timedOut(this.#timing, example, now)
      else lane.failed(kind, example, now)
      this.#traffic.ended(this.#taken, now)
    }
    this.#pause = this.#isConnected ? 0 : Math.min(longestPause, Math.max(shortestPause, this.#pause * 2))
    this.#reconnect(Math.max(this.#connectedAt + shortestPause, now + this.#pause), now)
  }

  #reconnect(at: number, now: number): void {
    this.#client._destroyConnection()
    this.#connectAt = at
    if (at <= now && this.#traffic.hasMore) this.#open(now)
  }

  #open(now: number): void {
    const client = this.#client
    if (!client.conn) this.#goOn = client.parser[parserClassOf(client).kOnMessageComplete] as () => void
    client.parser = listenToAnswers(client, this)
    this.#connectAt = undefined
    this.#connectedAt = now
    this.#isConnected = false
    this.#connect.call(client)
    const { conn } = client
    conn?.once(client.secure ? 'secureConnect' : 'connect', () => {
      if (client.conn === conn) this.#isConnected = true
    })
    conn?.once('close', () => {
      if (client.conn === conn && this.#connectAt === undefined) this.#changed()
    })
  }

  #timeoutInWords(): string {
    const what = this.#isConnected ? 'no whole answer' : 'no connection'
    return `${requestInWords(this.#request)}: ${what} within ${this.#traffic.timeout} ms`
  }
}
