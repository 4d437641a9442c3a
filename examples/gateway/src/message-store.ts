// Messages in memory: numbered per session from 1, the oldest of all dropped when there are too many.
import { randomUUID } from 'node:crypto'
import { NewestMap } from './newest-map.ts'

export type Message = {
  readonly id: string
  readonly sessionId: string
  readonly seq: number
  readonly text: string
  /** Epoch milliseconds. */
  readonly createdAt: number
}

// What is kept of a session's messages is always one unbroken stretch, because the oldest goes first.
type Stretch = { first: number; last: number }

export class MessageStore {
  readonly #messages: NewestMap<Message>
  readonly #stretches = new Map<string, Stretch>()
  readonly #now: () => number

  constructor({ capacity, now }: { readonly capacity: number; readonly now: () => number }) {
    this.#messages = new NewestMap(capacity)
    this.#now = now
  }

  get count(): number {
    return this.#messages.size
  }

  add(sessionId: string, text: string): Message {
    const stretch = this.#stretches.get(sessionId) ?? { first: 1, last: 0 }
    this.#stretches.set(sessionId, stretch)
    const message = { id: randomUUID(), sessionId, seq: ++stretch.last, text, createdAt: this.#now() }
    const evicted = this.#messages.add(keyOf(sessionId, message.seq), message)
    if (evicted) this.#shorten(evicted)
    return message
  }

  /** The messages behind `after`, in order, at most `limit` of them. */
  list(sessionId: string, after: number, limit: number): Message[] {
    const stretch = this.#stretches.get(sessionId)
    if (!stretch) return []
    const start = Math.max(after + 1, stretch.first)
    const end = Math.min(stretch.last, start + limit - 1)
    const found: Message[] = []
    for (let seq = start; seq <= end; seq++) found.push(this.#messages.get(keyOf(sessionId, seq)) as Message)
    return found
  }

  forget(sessionId: string): void {
    const stretch = this.#stretches.get(sessionId)
    if (!stretch) return
    for (let seq = stretch.first; seq <= stretch.last; seq++) this.#messages.delete(keyOf(sessionId, seq))
    this.#stretches.delete(sessionId)
  }

  #shorten(evicted: Message): void {
    const stretch = this.#stretches.get(evicted.sessionId)
    if (stretch) stretch.first = evicted.seq + 1
  }
}

function keyOf(sessionId: string, seq: number): string {
  return `${sessionId}/${seq}`
}
