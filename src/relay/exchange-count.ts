// Counts and times the exchanges of one server in the windows that are open: a ledger as that of a run's own iterations.
import type { ErrorKind } from '../core/error-kind.ts'
import { Ending, Lane, type LaneData, type Timing } from '../core/lane.ts'
import { type ExchangeWindow, readerOf } from './exchange-window.ts'
import type { Exchange, ExchangeCounter, Loss } from './http-exchanges.ts'

/**
 * What was counted in a window. An iteration is a request whose first byte came in it: ok is an answer of 1xx to 3xx,
 * timed out who left before the end of the answer, unfinished what had no end when the window was closed.
 */
export interface ExchangeCount {
  readonly lane: LaneData
  /** Connections that spoke no HTTP/1.1: whatever went over them is not counted. */
  readonly unreadable: number
}

const kinds: Readonly<Record<Exclude<Loss, 'left' | 'unreadable'>, { kind: ErrorKind; words: string }>> = {
  refused: { kind: 'refused', words: 'nobody accepted the connection behind the relay' },
  reset: { kind: 'reset', words: 'the server reset the connection' },
  closed: { kind: 'closed', words: 'the server closed the connection before its answer' },
  truncated: { kind: 'truncated', words: 'the server closed the connection in the middle of its answer' },
  protocol: { kind: 'protocol', words: 'what came back is not HTTP/1.1' },
}

/** Nothing is counted outside of all windows. */
const uncounted: Exchange = { answered() {}, lost() {}, halfClosed() {} }

export class ServerExchanges implements ExchangeCounter {
  readonly #windows = new Map<number, OpenWindow>()
  readonly #toLocal: (machine: number) => number

  /** @param toLocal from the machine's monotonic clock to the one whose times are given here */
  constructor(toLocal: (machine: number) => number) {
    this.#toLocal = toLocal
  }

  open(window: ExchangeWindow): void {
    this.#windows.set(window.id, new OpenWindow(window, this.#toLocal))
  }

  /** Undefined when it was not open. What is under way ends unfinished. */
  close(id: number, now: number): ExchangeCount | undefined {
    const window = this.#windows.get(id)
    this.#windows.delete(id)
    return window?.finish(now)
  }

  begun(at: number): Exchange {
    if (this.#windows.size === 0) return uncounted
    const counts = [...this.#windows.values()].flatMap((window) => window.begun(at) ?? [])
    return counts.length <= 1 ? (counts[0] ?? uncounted) : all(counts)
  }

  unreadable(): void {
    for (const window of this.#windows.values()) window.unreadable++
  }
}

function all(exchanges: readonly Exchange[]): Exchange {
  return {
    answered(...end) {
      for (const exchange of exchanges) exchange.answered(...end)
    },
    lost(...end) {
      for (const exchange of exchanges) exchange.lost(...end)
    },
    halfClosed(at) {
      for (const exchange of exchanges) exchange.halfClosed(at)
    },
  }
}

class OpenWindow {
  readonly underWay = new Set<CountedExchange>()
  unreadable = 0
  readonly #window: ExchangeWindow
  readonly #toLocal: (machine: number) => number
  readonly #begun: () => number | undefined
  readonly #givenUp: () => number | undefined
  #start: number | undefined
  #lane: Lane | undefined

  constructor(window: ExchangeWindow, toLocal: (machine: number) => number) {
    this.#window = window
    this.#toLocal = toLocal
    this.#begun = readerOf(window, 'begun')
    this.#givenUp = readerOf(window, 'given up')
  }

  /** Hot path. Undefined before the window has begun. */
  begun(at: number): CountedExchange | undefined {
    const lane = this.#lane ?? this.#begin()
    if (lane === undefined || at < (this.#start as number)) return undefined
    lane.scheduled(at)
    const exchange = new CountedExchange(at, { lane, underWay: this.underWay, isOver: this.#isOver })
    this.underWay.add(exchange)
    return exchange
  }

  finish(now: number): ExchangeCount {
    for (const exchange of this.underWay) exchange.unfinished(now)
    const lane = this.#lane ?? this.#begin() ?? newLane(0, 0)
    return { lane: lane.finish(), unreadable: this.unreadable }
  }

  readonly #isOver = (at: number): boolean => {
    const givenUp = this.#givenUp()
    if (givenUp !== undefined && at >= this.#toLocal(givenUp)) return true
    return at >= (this.#start as number) + this.#window.over
  }

  #begin(): Lane | undefined {
    const begun = this.#begun()
    if (begun === undefined) return undefined
    this.#start = this.#toLocal(begun)
    this.#lane = newLane(this.#start, this.#window.duration)
    return this.#lane
  }
}

/** The relay sees when a request comes, not when it was due: the closed form, in which service time is latency. */
function newLane(start: number, duration: number): Lane {
  const ending = new Ending(start + duration, new Ending(Number.POSITIVE_INFINITY))
  return new Lane('', { open: false, ending, earlyUntil: start + duration / 3 })
}

interface Ledger {
  readonly lane: Lane
  readonly underWay: Set<CountedExchange>
  /** Whether a client that leaves at this time does so because its run is over. */
  isOver(at: number): boolean
}

class CountedExchange implements Exchange, Timing {
  readonly planned: number
  readonly sent: number
  readonly #ledger: Ledger
  #halfClosed: number | undefined

  constructor(at: number, ledger: Ledger) {
    this.planned = at
    this.sent = at
    this.#ledger = ledger
  }

  answered(status: number, at: number, request: string): void {
    if (!this.#ends()) return
    const { lane } = this.#ledger
    if (status < 400) lane.ok(this, at)
    else lane.failed(status < 500 ? 'http-4xx' : 'http-5xx', () => `${request}: status ${status}`, at)
  }

  lost(how: Loss, at: number, request: string): void {
    if (!this.#ends()) return
    const { lane } = this.#ledger
    if (how === 'unreadable') lane.unfinished(this, at)
    else if (how === 'left') this.#left(this.#halfClosed ?? at, request)
    else lane.failed(kinds[how].kind, () => `${request}: ${kinds[how].words}`, at)
  }

  halfClosed(at: number): void {
    this.#halfClosed ??= at
  }

  /** A client that ended its half and has no answer to this moment did not wait for one. */
  unfinished(at: number): void {
    if (!this.#ends()) return
    if (this.#halfClosed === undefined) this.#ledger.lane.unfinished(this, at)
    else this.#left(this.#halfClosed, 'a request')
  }

  #left(at: number, request: string): void {
    const { lane, isOver } = this.#ledger
    if (isOver(at)) lane.unfinished(this, at)
    else lane.timedOut(this, () => `${request}: the client left before the end of the answer`, at)
  }

  /** False when its window was closed before: its end is counted already. */
  #ends(): boolean {
    return this.#ledger.underWay.delete(this)
  }
}
