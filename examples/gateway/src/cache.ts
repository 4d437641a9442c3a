// Values that cost a query, kept in memory for a while: bounded, counted, and asked for once however many wait.

type Entry<Value> = { readonly value: Value; readonly until: number }

export type CacheOptions = {
  /** Entries kept; the one that was not used for longest goes first. */
  readonly capacity: number
  readonly lifetime: number
  /** Milliseconds of a clock that does not go back; default `performance.now`. */
  readonly now?: () => number
}

export class Cache<Value> {
  hits = 0
  misses = 0
  readonly #capacity: number
  readonly #lifetime: number
  readonly #now: () => number
  // In the order of their last use.
  readonly #entries = new Map<string, Entry<Value>>()
  readonly #loading = new Map<string, Promise<Value>>()

  constructor({ capacity, lifetime, now = () => performance.now() }: CacheOptions) {
    this.#capacity = capacity
    this.#lifetime = lifetime
    this.#now = now
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value of this key; `load` is called only if nobody else is loading it already. */
  async get(key: string, load: () => Promise<Value>): Promise<Value> {
    const entry = this.#entries.get(key)
    if (entry && entry.until > this.#now()) {
      this.hits++
      this.#keep(key, entry)
      return entry.value
    }
    const loading = this.#loading.get(key)
    if (loading) {
      this.hits++
      return loading
    }
    this.misses++
    return this.#load(key, load)
  }

  /** What was loaded before this moment, and what is being loaded now, is not given to anybody who asks later. */
  forget(key: string): void {
    this.#entries.delete(key)
    this.#loading.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#loading.clear()
  }

  async #load(key: string, load: () => Promise<Value>): Promise<Value> {
    const loading = load()
    this.#loading.set(key, loading)
    try {
      const value = await loading
      if (this.#loading.get(key) === loading) this.#keep(key, { value, until: this.#now() + this.#lifetime })
      return value
    } finally {
      if (this.#loading.get(key) === loading) this.#loading.delete(key)
    }
  }

  #keep(key: string, entry: Entry<Value>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= this.#capacity) return
    const oldest = this.#entries.keys().next().value
    if (oldest !== undefined) this.#entries.delete(oldest)
  }
}
