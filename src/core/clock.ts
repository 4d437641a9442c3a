// The only notion of time that pacing knows, so that a test can be its clock.

export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin. */
  now(): number
  /** Calls back about every so many ms until the returned function is called. */
  every(interval: number, callback: () => void): () => void
  /** Calls back once, as soon as everything that is ready now has had its turn. */
  soon(callback: () => void): void
}
