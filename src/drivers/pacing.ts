// What a pacing is: it decides who begins an iteration when.
import type { UserPool } from './user-pool.ts'

export interface Pacing {
  readonly pool: UserPool
  /** When the last iteration of a fixed amount ended; undefined until then, and for ever where time says the end. */
  readonly spentAt: number | undefined
  /**
   * Begins what is due at this time, in the last tick all of it; called about once a millisecond until sending stops.
   * Returns whether it has begun something and left something, for users that answers lying ready will free.
   */
  tick(now: number, isLast: boolean): boolean
  /** Called when those answers have been read; returns the same. */
  goOn(now: number): boolean
  /** Nothing begins any more. */
  stop(now: number): void
}

/** What begins without waiting has the event loop for itself at most so long at a time, in ms. */
export const longestTurn = 5
