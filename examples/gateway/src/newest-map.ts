// A map that keeps its newest entries: memory stays bounded however long the service runs.

export class NewestMap<Value> {
  readonly #capacity: number
  readonly #entries = new Map<string, Value>()
  // A ring of keys in the order they came. Looking for the oldest key in the Map itself would walk over every entry
  // deleted from its front, at each addition.
  readonly #keys: string[] = []
  #next = 0

  /** @param capacity an entry stays for at most this many further additions */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key)
  }

  /** Adds a key that was never in the map before, and returns the entry that had to go for it. */
  add(key: string, value: Value): Value | undefined {
    const oldest = this.#keys[this.#next]
    const evicted = oldest === undefined ? undefined : this.#entries.get(oldest)
    if (oldest !== undefined) this.#entries.delete(oldest)
    this.#keys[this.#next] = key
    this.#next = (this.#next + 1) % this.#capacity
    this.#entries.set(key, value)
    return evicted
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  /** Oldest first. */
  values(): Iterable<Value> {
    return this.#entries.values()
  }
}
