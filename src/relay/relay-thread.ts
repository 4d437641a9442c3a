// A thread for the relays of a group of servers, so that neither the load nor the test waits for them.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { LoadTestError } from '../core/errors.ts'
import type { ExchangeWindow } from './exchange-window.ts'
import type { RelayAnswer, RelayOrder, WindowCount } from './relay-orders.ts'

// The same file in the sources (.ts, run by Node's type stripping) and in the package (.js).
const entry = new URL(`./relay-thread-entry${extname(import.meta.url)}`, import.meta.url)

interface Question {
  resolve(answer: RelayAnswer): void
  reject(error: LoadTestError): void
}

const live = new Set<RelayThread>()
let lastRelay = 0

/** Those with a relay that is open now. */
export function relayThreads(): readonly RelayThread[] {
  return [...live]
}

/** Begins with its first relay and ends with its last, when nothing is counted any more. */
export class RelayThread {
  #worker: Worker | undefined
  #questions: Question[] = []
  readonly #relays = new Set<number>()
  readonly #windows = new Set<number>()

  /** A number for a relay that may be opened, closed and opened again. */
  static nextRelay(): number {
    return ++lastRelay
  }

  /** Resolves with the port that it listens on. @throws LoadTestError `server-failed` when the port cannot be had */
  async open(order: Omit<Extract<RelayOrder, { kind: 'open' }>, 'kind'>): Promise<number> {
    this.#relays.add(order.relay)
    live.add(this)
    try {
      return (await this.#ask({ kind: 'open', ...order })).port as number
    } catch (error) {
      await this.#forget(order.relay)
      throw error
    }
  }

  async close(relay: number): Promise<void> {
    if (!this.#relays.has(relay)) return
    await this.#ask({ kind: 'close', relay })
    await this.#forget(relay)
  }

  /** Resolves when every exchange that comes is seen by the window. */
  async count(window: ExchangeWindow): Promise<void> {
    this.#windows.add(window.id)
    await this.#ask({ kind: 'count', window })
  }

  async counted(window: ExchangeWindow): Promise<WindowCount> {
    try {
      return (await this.#ask({ kind: 'counted', window: window.id })).count as WindowCount
    } finally {
      this.#windows.delete(window.id)
      await this.#endIfIdle()
    }
  }

  async #forget(relay: number): Promise<void> {
    this.#relays.delete(relay)
    if (this.#relays.size === 0) live.delete(this)
    await this.#endIfIdle()
  }

  async #endIfIdle(): Promise<void> {
    if (this.#relays.size > 0 || this.#windows.size > 0 || this.#worker === undefined) return
    await this.#ask({ kind: 'quit' })
  }

  async #ask(order: RelayOrder): Promise<Extract<RelayAnswer, { kind: 'done' }>> {
    this.#worker ??= this.#start()
    const worker = this.#worker
    if (order.kind === 'quit') this.#worker = undefined
    const { promise, ...question } = Promise.withResolvers<RelayAnswer>()
    // Only who waits for it keeps the process alive: a relay without its servers must not.
    worker.ref()
    this.#questions.push(question)
    worker.postMessage(order)
    const answer = await promise
    if (this.#questions.length === 0) worker.unref()
    if (answer.kind === 'failed') throw new LoadTestError('server-failed', answer.message)
    return answer
  }

  #start(): Worker {
    const worker = new Worker(entry, { execArgv: [], name: 'vitest-load relay' })
    const questions: Question[] = []
    this.#questions = questions
    worker.on('message', (answer: RelayAnswer) => questions.shift()?.resolve(answer))
    const fail = (why: string) => {
      if (this.#worker === worker) this.#worker = undefined
      for (const question of questions.splice(0)) question.reject(new LoadTestError('internal', why))
    }
    worker.on('error', (error) => fail(`the relay's thread failed: ${error.message}`))
    worker.on('exit', (code) => fail(`the relay's thread ended with code ${code}`))
    return worker
  }
}
