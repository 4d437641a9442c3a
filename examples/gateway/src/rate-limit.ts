// So many requests a second for each caller: a bucket that fills evenly and holds one second's worth.

type Bucket = { tokens: number; at: number }

const second = 1_000

export class RateLimit {
  readonly #perSecond: number
  // A bucket that was not touched for a second is full again, like one that was never there. So two generations of a
  // second each are all that has to be remembered, and forgetting costs nothing.
  #current = new Map<string, Bucket>()
  #previous = new Map<string, Bucket>()
  #currentSince = Number.NEGATIVE_INFINITY

  constructor(perSecond: number) {
    this.#perSecond = perSecond
  }

  /** Callers remembered. */
  get size(): number {
    return this.#current.size + this.#previous.size
  }

  /**
   * Lets one request of this caller pass (0), or says how long it has to wait.
   *
   * @param now milliseconds of any clock that does not go back
   */
  take(caller: string, now: number): number {
    this.#forget(now)
    const bucket = this.#current.get(caller) ?? this.#previous.get(caller) ?? { tokens: this.#perSecond, at: now }
    this.#current.set(caller, bucket)
    bucket.tokens = Math.min(this.#perSecond, bucket.tokens + ((now - bucket.at) / second) * this.#perSecond)
    bucket.at = now
    if (bucket.tokens < 1) return ((1 - bucket.tokens) / this.#perSecond) * second
    bucket.tokens--
    return 0
  }

  #forget(now: number): void {
    if (now < this.#currentSince + second) return
    this.#previous = this.#current
    this.#current = new Map()
    this.#currentSince = now
  }
}
