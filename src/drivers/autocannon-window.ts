// The requests under way on one autocannon connection, oldest first as their answers come, and how each of them ends.
import type { ErrorKind } from '../core/error-kind.ts'
import type { Lane, Timing } from '../core/lane.ts'
import { redactText } from '../core/redact.ts'
import type { RequestPlan } from '../core/target.ts'
import { judgeAnswer, type ReadAnswer, requestInWords } from './answer.ts'
import type { Traffic } from './autocannon-traffic.ts'

export interface UnderWay extends Timing {
  planned: number
  sent: number
  /** When it was scheduled, which is before its body was made. */
  taken: number
  request: RequestPlan
  /** Where it is counted; undefined once it has been, although its answer may still come. */
  lane: Lane | undefined
  /** How many chunks of bytes had arrived on the connection when it was sent. */
  chunksBefore: number
}

/** How a request fails that was sent and not answered. */
export interface Loss {
  readonly kind: ErrorKind
  readonly words: () => string
}

const lostBehind: Loss = { kind: 'closed', words: () => 'the connection ended at the answer to an earlier request' }

/**
 * A request that is given up (timed out, or its answer is too large) keeps its place until its answer has come: those
 * behind it wait on for theirs, each for its own time.
 */
export class Window {
  size = 0
  readonly #traffic: Traffic
  readonly #places: UnderWay[] = []
  #first = 0

  constructor(traffic: Traffic) {
    this.#traffic = traffic
  }

  get oldest(): UnderWay | undefined {
    return this.size === 0 ? undefined : this.#at(0)
  }

  /** Whether nobody waits for an answer any more. They are given up from the oldest on, so that the newest is the last. */
  get isGivenUp(): boolean {
    return this.size === 0 || this.#at(this.size - 1).lane === undefined
  }

  /** Hot path. Places are used again: what was removed is good until the next call. */
  add(request: RequestPlan, lane: Lane): UnderWay {
    const place = this.#place(this.size++)
    const known = this.#places[place]
    if (known) {
      known.request = request
      known.lane = lane
      return known
    }
    const added = { planned: 0, sent: 0, taken: 0, request, lane, chunksBefore: 0 }
    this.#places[place] = added
    return added
  }

  /** It was not sent after all. */
  removeNewest(): void {
    this.size--
  }

  /** Hot path. The answer to the oldest request is whole. */
  answered(status: number, read: ReadAnswer, ended: number): void {
    const oldest = this.#at(0)
    const { lane, request } = oldest
    if (lane) {
      const fault = judgeAnswer(request, status, read)
      if (fault) lane.failed(fault.kind, () => fault.example, ended)
      else lane.ok(oldest, ended)
      this.#over(oldest, ended)
    }
    this.size--
    if (++this.#first === this.#traffic.pipelining) this.#first = 0
  }

  giveUpOldest(loss: Loss, now: number): void {
    this.#fail(this.#at(0), loss, now)
  }

  /** Returns whether the time of any was up. */
  giveUpLate(words: () => string, now: number): boolean {
    let isAny = false
    for (let index = 0; index < this.size; index++) {
      const underWay = this.#at(index)
      if (now - underWay.sent < this.#traffic.timeout) break
      this.#fail(underWay, { kind: 'timeout', words }, now)
      isAny = true
    }
    return isAny
  }

  /** The connection has ended: what the oldest request fails as; those behind it are lost with it. */
  lose(loss: Loss, now: number): void {
    if (this.size > 0) this.#fail(this.#at(0), loss, now)
    this.loseAll(now, loss.kind === 'reset' ? loss : lostBehind)
  }

  /** @param loss default: the connection ended with an answer before theirs */
  loseAll(now: number, loss: Loss = lostBehind): void {
    for (let index = 0; index < this.size; index++) this.#fail(this.#at(index), loss, now)
    this.size = 0
  }

  leaveUnfinished(now: number): void {
    for (let index = 0; index < this.size; index++) {
      const underWay = this.#at(index)
      if (!underWay.lane) continue
      underWay.lane.unfinished(underWay, now)
      this.#over(underWay, now)
    }
    this.size = 0
  }

  #fail(underWay: UnderWay, { kind, words }: Loss, now: number): void {
    const { lane, request } = underWay
    if (!lane) return
    const example = () => `${requestInWords(request)}: ${redactText(words())}`
    if (kind === 'timeout') lane.timedOut(underWay, example, now)
    else lane.failed(kind, example, now)
    this.#over(underWay, now)
  }

  /** Hot path. Called once for every request that was sent, when it has been recorded. */
  #over(underWay: UnderWay, ended: number): void {
    underWay.lane = undefined
    this.#traffic.occupancy.busy(underWay.sent, ended)
    this.#traffic.ended(underWay.taken, ended)
  }

  #at(index: number): UnderWay {
    return this.#places[this.#place(index)] as UnderWay
  }

  #place(index: number): number {
    const place = this.#first + index
    return place < this.#traffic.pipelining ? place : place - this.#traffic.pipelining
  }
}
