// Follows the requests of one connection and their answers, and tells how each of them ended.
import { type Body, bodyOf, HttpFraming } from './http-framing.ts'
import type { ConnectionEnd, ConnectionListener, Side } from './relay.ts'

/**
 * Why a request had no whole answer: nobody accepted the connection, the server reset it, closed it before the answer
 * or in its middle, answered something that is no HTTP; the client left first; or the relay could not read on.
 */
export type Loss = 'refused' | 'reset' | 'closed' | 'truncated' | 'protocol' | 'left' | 'unreadable'

/** One request, from its first byte. Exactly one of `answered` and `lost` is called. `request` in words, without its query: `GET /users`. */
export interface Exchange {
  /** The last byte of its answer. 101, and 200 to CONNECT: what follows is no HTTP. */
  answered(status: number, at: number, request: string): void
  lost(how: Loss, at: number, request: string): void
  /** Its client has ended its half: it waits for the answer, or has left, which only an answer will show. */
  halfClosed(at: number): void
}

export interface ExchangeCounter {
  /** The first byte of a request. */
  begun(at: number): Exchange
  /** A connection speaks something else than HTTP/1.1: TLS, HTTP/2, a protocol of its own. Once per connection. */
  unreadable(): void
}

interface Pending {
  readonly exchange: Exchange
  method: string
  request: string
}

const requestLine = /^([\w!#$%&'*+.^`|~-]+) (\S+) HTTP\/1\.[01]$/
const statusLine = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/

export class HttpExchanges implements ConnectionListener {
  readonly #counter: ExchangeCounter
  readonly #pending: Pending[] = []
  readonly #requests: HttpFraming
  readonly #answers: HttpFraming
  /** Of the answer under way; below 200 another will follow. */
  #status = 0
  /** Before the server did. */
  #clientEnded = false
  #serverEnded = false
  #off = false

  constructor(counter: ExchangeCounter) {
    this.#counter = counter
    const broken = (at: number) => this.#giveUp('unreadable', at)
    this.#requests = new HttpFraming({
      begun: (at) => this.#pending.push({ exchange: counter.begun(at), method: '', request: 'a request' }),
      head: (line, headers) => this.#request(line, headers),
      done: () => {},
      broken,
    })
    this.#answers = new HttpFraming({
      begun: () => {},
      head: (line, headers) => this.#answer(line, headers),
      done: (at) => this.#answered(at),
      broken: (at) => this.#giveUp('protocol', at),
    })
  }

  up(chunk: Buffer, at: number): void {
    this.#requests.push(chunk, at)
  }

  down(chunk: Buffer, at: number): void {
    this.#answers.push(chunk, at)
  }

  /** A client may end its half and wait for the answer: only if none comes has it left. */
  ended(side: Side, at: number): void {
    if (side === 'client') {
      this.#clientEnded = !this.#serverEnded
      for (const { exchange } of this.#pending) exchange.halfClosed(at)
    } else {
      this.#serverEnded = true
      const isPartial = !this.#answers.isIdle
      if (this.#answers.end(at)) this.#lose(this.#unanswered, at)
      else this.#lose(this.#clientEnded ? 'left' : isPartial ? 'truncated' : 'closed', at)
    }
  }

  closed(how: ConnectionEnd, at: number): void {
    const losses = { 'client reset': 'left', 'server reset': 'reset', refused: 'refused' } as const
    this.#lose(how === 'closed' || how === 'stopped' ? this.#unanswered : losses[how], at)
  }

  get #unanswered(): Loss {
    return this.#clientEnded ? 'left' : 'closed'
  }

  #request(line: string, headers: string): Body {
    const [, method, target = ''] = requestLine.exec(line) ?? []
    const pending = this.#pending.at(-1)
    if (method === undefined || (method === 'PRI' && target === '*')) return 'broken'
    // An answer that came before the request was whole has taken it out of the queue.
    if (pending && pending.method === '') {
      pending.method = method
      pending.request = `${method} ${target.split('?', 1)[0]}`
    }
    return method === 'CONNECT' ? 'tunnel' : (bodyOf(headers) ?? 0)
  }

  #answer(line: string, headers: string): Body {
    const [, digits] = statusLine.exec(line) ?? []
    if (digits === undefined) return 'broken'
    this.#status = Number(digits)
    const { method } = this.#pending[0] ?? { method: '' }
    const opensTunnel = this.#status === 101 || (method === 'CONNECT' && this.#status < 300 && this.#status >= 200)
    if (opensTunnel) {
      this.#requests.stop()
      return 'tunnel'
    }
    if (this.#status < 200) return 0
    if (method === 'CONNECT') this.#requests.restart()
    if (method === 'HEAD' || this.#status === 204 || this.#status === 304) return 0
    return bodyOf(headers) ?? 'until close'
  }

  #answered(at: number): void {
    if (this.#status < 200 && this.#status !== 101) return
    const pending = this.#pending.shift()
    // Without one it is an answer to nothing, such as 408 before a connection is closed for its silence.
    pending?.exchange.answered(this.#status, at, pending.request)
  }

  /** The request whose answer was not HTTP is lost by that; of those behind it nothing is known. */
  #giveUp(how: 'protocol' | 'unreadable', at: number): void {
    this.#requests.stop()
    this.#answers.stop()
    const first = how === 'protocol' ? this.#pending.shift() : undefined
    first?.exchange.lost('protocol', at, first.request)
    if (!this.#off) this.#counter.unreadable()
    this.#off = true
    this.#lose('unreadable', at)
  }

  #lose(how: Loss, at: number): void {
    for (const { exchange, request } of this.#pending.splice(0)) exchange.lost(how, at, request)
  }
}
