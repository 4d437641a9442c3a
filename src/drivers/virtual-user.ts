// One virtual user: runs one iteration at a time, whatever an iteration is, and reports its end to the pool.
import type { Lane, Timing } from '../core/lane.ts'

/**
 * Made once and used for many iterations: the pool writes the fields of the iteration into it, so that nothing is
 * allocated per iteration. A user that was given up is never used again: whatever still comes back to it is too late.
 */
export abstract class VirtualUser implements Timing {
  /** Its number among the users of all shards, from 0. */
  readonly vu: number
  iteration = 0
  planned = 0
  /** When the iteration began; `begin` sets it again where the real send comes later. */
  sent = 0
  lane: Lane | undefined
  /** The iteration is none of the warm-up's. */
  isMeasured = false
  busy = false
  /** How long it has to rest before its next iteration, in ms. Heeded in a closed model only. */
  rest = 0

  constructor(vu: number) {
    this.vu = vu
  }

  /** What it is doing, in words for an error example. */
  abstract readonly subject: string

  /** Begins the iteration and reports its end to the pool, later or before it returns. Never throws. */
  abstract begin(): void

  /** Lets go of everything it holds: it timed out, or the run is over. */
  abstract giveUp(reason: Error): void
}
