// Sessions in memory: they end when deleted, when their time is over, or when too many newer ones came.
import { randomBytes, randomUUID } from 'node:crypto'
import { NewestMap } from './newest-map.ts'

export type Session = {
  readonly id: string
  readonly token: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export type SessionStoreOptions = {
  readonly capacity: number
  readonly lifetime: number
  readonly now: () => number
  readonly onEnd: (session: Session) => void
}

export class SessionStore {
  readonly #options: SessionStoreOptions
  readonly #sessions: NewestMap<Session>

  constructor(options: SessionStoreOptions) {
    this.#options = options
    this.#sessions = new NewestMap(options.capacity)
  }

  start(): Session {
    const createdAt = this.#options.now()
    const expiresAt = createdAt + this.#options.lifetime
    const session = { id: randomUUID(), token: randomBytes(24).toString('base64url'), createdAt, expiresAt }
    const evicted = this.#sessions.add(session.id, session)
    if (evicted) this.#options.onEnd(evicted)
    return session
  }

  find(id: string): Session | undefined {
    const session = this.#sessions.get(id)
    if (session && this.#isOver(session)) {
      this.end(session)
      return undefined
    }
    return session
  }

  end(session: Session): void {
    if (this.#sessions.delete(session.id)) this.#options.onEnd(session)
  }

  /** How many are open now. */
  count(): number {
    // All live equally long, so the order they came in is the order they expire in.
    for (const session of this.#sessions.values()) {
      if (!this.#isOver(session)) break
      this.end(session)
    }
    return this.#sessions.size
  }

  #isOver(session: Session): boolean {
    return session.expiresAt <= this.#options.now()
  }
}
