// One autocannon client, watched so that every request it sends is counted in exactly one way.
import type { Lane } from '../core/lane.ts'
import type { RequestPlan } from '../core/target.ts'
import { type ReadAnswer, requestInWords, thrownInWords } from './answer.ts'
import { AnswerBody, answerTooLarge } from './answer-body.ts'
import { type AnswerHead, type AutocannonClient, withoutAccounts } from './autocannon-client.ts'
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
import { type Loss, type UnderWay, Window } from './autocannon-window.ts'
import { errorKindOf } from './error-kind-of.ts'

/** Between two connections of one client after a failure: at most 100 a second. */
const shortestPause = 10
const longestPause = 1000

const cutInAnswer: Loss = { kind: 'truncated', words: () => 'the connection was closed in the answer' }
const cutBeforeAnswer: Loss = { kind: 'closed', words: () => 'the connection was closed without an answer' }

/**
 * A request is due, planned and sent when autocannon writes it, which for the first one on a connection is before the
 * connection is up. So the time to connect is part of its latency, and when no connection comes about it has failed
 * with the connection's error, one request for each attempt, without the server having seen it.
 * Once the connection is up, up to `pipelining` requests are under way. The connection is given up when all of them are.
 */
export class Connection implements AnswerListener {
  readonly #client: AutocannonClient
  readonly #traffic: Traffic
  readonly #connect: () => void
  readonly #doRequest: () => void
  readonly #window: Window
  #turn = -1
  /** How many chunks of bytes have arrived on this connection. */
  #chunks = 0
  /** Whether a chunk has arrived since the last answer was complete. */
  #isAnswering = false
  #head: AnswerHead | undefined
  readonly #body = new AnswerBody()
  readonly #read: ReadAnswer = () => ({
    headers: headersOf(this.#head as AnswerHead),
    body: this.#body.text,
  })
  readonly #timeoutInWords = () =>
    `${this.#isConnected ? 'no whole answer' : 'no connection'} within ${this.#traffic.timeout} ms`
  #isConnected = false
  #connectedAt = 0
  /** When to connect again; undefined while there is a connection, or one is being made. */
  #connectAt: number | undefined = 0
  #pause = 0
  /** How many requests could be under way, and since when. */
  #places = 0
  #placesSince = 0
  #error: Error | undefined

  constructor(client: AutocannonClient, traffic: Traffic) {
    this.#client = client
    this.#traffic = traffic
    this.#window = new Window(traffic)
    this.#connect = client._connect
    this.#doRequest = client._doRequest
    client._connect = () => this.#changed()
    client._doRequest = () => this.#fill()
    // Every request, the first one too, then moves the iterator on to its own index.
    client.reqsMade = 1
    client.requestIterator.currentRequestIndex = -1
    withoutAccounts(client)
    client.on('connError', (error: Error) => {
      this.#error = error
    })
  }

  /** Called about every 10 ms: time-outs, and what waits for its time. */
  check(now: number): void {
    if (this.#window.giveUpLate(this.#timeoutInWords, now)) this.#leaveIfGivenUp(now)
    if (this.#connectAt === undefined) this.#fill()
    else if (now >= this.#connectAt && this.#traffic.hasMore(now)) this.#open(now)
  }

  /** For good; what is under way is unfinished. */
  end(now: number): void {
    this.#window.leaveUnfinished(now)
    this.#offer(0, now)
    this.#client.destroy()
  }

  arriving(): void {
    this.#chunks++
    this.#isAnswering = true
  }

  head(head: AnswerHead): boolean {
    const { oldest } = this.#window
    // No bytes since the request was sent: the head was there before the request.
    if (!oldest || oldest.chunksBefore === this.#chunks) {
      this.#lose({ kind: 'protocol', words: () => 'the server sent more than the answer' })
      return true
    }
    this.#head = head
    this.#isAnswering = true
    return oldest.request.method === 'HEAD' || hasNoBody(head)
  }

  body(bytes: Buffer): void {
    const { oldest } = this.#window
    if (!oldest?.lane || !oldest.request.accept || this.#body.add(bytes)) return
    const now = this.#traffic.clock.now()
    this.#window.giveUpOldest(lossOf(answerTooLarge), now)
    this.#leaveIfGivenUp(now)
  }

  complete(): void {
    const { oldest } = this.#window
    const head = this.#head
    if (!oldest || !head || isInterim(head)) return
    const { request } = oldest
    const ended = this.#traffic.clock.now()
    this.#window.answered(head.statusCode, this.#read, ended)
    this.#body.clear()
    this.#head = undefined
    this.#isAnswering = false
    if (keepsAlive(head, request.method, this.#client.parser.connection)) {
      this.#fill()
      return
    }
    // The next request must not go into a connection that the server is about to close.
    this.#window.loseAll(ended)
    this.#reconnect(ended, ended)
  }

  broken(bytes: Buffer): void {
    this.#lose({ kind: 'protocol', words: () => `the answer is not HTTP: "${bytesInWords(bytes)}"` })
  }

  /** So many requests can be under way from now on. */
  #offer(places: number, now: number): void {
    this.#traffic.occupancy.duty(this.#placesSince, now, this.#places)
    this.#places = places
    this.#placesSince = now
  }

  /** Sends as many as may be under way. */
  #fill(): void {
    const most = this.#isConnected ? this.#traffic.pipelining : 1
    let isSending = this.#connectAt === undefined
    while (isSending && this.#window.size < most) isSending = this.#send()
  }

  /** Returns whether a request was sent. */
  #send(): boolean {
    const { clock, plans, requests } = this.#traffic
    const turn = (this.#turn + 1) % plans.length
    const taken = clock.now()
    const lane = this.#traffic.take(turn, taken)
    if (!lane) {
      this.#offer(this.#window.size, taken)
      return false
    }
    this.#turn = turn
    const iteration = this.#traffic.nextIteration()
    const underWay = this.#window.add(plans[turn] as RequestPlan, lane)
    underWay.taken = taken
    let sent = taken
    if (requests.isFresh(turn)) {
      if (!this.#prepare(underWay, lane, iteration)) return false
      sent = clock.now()
    }
    underWay.planned = underWay.sent = sent
    underWay.chunksBefore = this.#chunks
    this.#doRequest.call(this.#client)
    return true
  }

  /** A request that cannot be made is over; the next one waits for an answer or for `check`, lest a loop of throws never ends. */
  #prepare({ request, taken }: UnderWay, lane: Lane, iteration: number): boolean {
    try {
      this.#traffic.requests.prepare(this.#turn, iteration)
      return true
    } catch (error) {
      const now = this.#traffic.clock.now()
      lane.failed('thrown', () => `${requestInWords(request)} was not sent: ${thrownInWords(error)}`, now)
      this.#window.removeNewest()
      this.#traffic.ended(taken, now)
      this.#client.requestIterator.nextRequest()
      return false
    }
  }

  /** autocannon wants a connection: the first one, or the one it had has ended or failed. */
  #changed(): void {
    const now = this.#traffic.clock.now()
    const error = this.#error
    this.#error = undefined
    if (!this.#client.conn) this.#open(now)
    else if (error) this.#lose(lossOf(error), now)
    else if (this.#client.parser.state === 'BODY_RAW') this.#client.parser.finish()
    else this.#lose(this.#hasBegun ? cutInAnswer : cutBeforeAnswer, now)
  }

  /** Whether bytes have arrived of the answer to the oldest request. */
  get #hasBegun(): boolean {
    const { oldest } = this.#window
    if (!oldest || oldest.chunksBefore === this.#chunks) return false
    const { state, line } = this.#client.parser
    // Its first bytes may have come in one chunk with the end of the answer before it.
    return this.#isAnswering || state !== 'RESPONSE_LINE' || line !== ''
  }

  #leaveIfGivenUp(now: number): void {
    if (!this.#window.isGivenUp) return
    this.#window.loseAll(now)
    this.#leave(now)
  }

  /** The connection is useless; the requests under way, if any, end with it. */
  #lose(loss: Loss, now = this.#traffic.clock.now()): void {
    this.#window.lose(loss, now)
    this.#leave(now)
  }

  #leave(now: number): void {
    this.#body.clear()
    this.#pause = this.#isConnected ? 0 : Math.min(longestPause, Math.max(shortestPause, this.#pause * 2))
    this.#reconnect(Math.max(this.#connectedAt + shortestPause, now + this.#pause), now)
  }

  #reconnect(at: number, now: number): void {
    this.#client._destroyConnection()
    this.#offer(0, now)
    this.#connectAt = at
    if (at <= now && this.#traffic.hasMore(now)) this.#open(now)
  }

  #open(now: number): void {
    const client = this.#client
    client.parser = listenToAnswers(client, this)
    this.#connectAt = undefined
    this.#connectedAt = now
    this.#isConnected = false
    this.#offer(1, now)
    // Nothing is heard of one that the client has destroyed.
    if (client.conn) this.#traffic.bytes.remove(client.conn)
    this.#connect.call(client)
    const { conn } = client
    if (conn) this.#traffic.bytes.add(conn)
    // A request would wait until the one before it is acknowledged, up to 40 ms that would be taken for the server's.
    conn?.setNoDelay(true)
    conn?.once(client.secure ? 'secureConnect' : 'connect', () => {
      if (client.conn !== conn) return
      this.#isConnected = true
      this.#offer(this.#traffic.pipelining, this.#traffic.clock.now())
      this.#fill()
    })
    conn?.once('close', () => {
      if (client.conn === conn && this.#connectAt === undefined) this.#changed()
    })
  }
}

function lossOf(error: Error): Loss {
  return { kind: errorKindOf(error), words: () => error.message }
}
