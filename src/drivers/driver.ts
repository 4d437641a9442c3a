// The one interface behind which every way of sending load hides.
import type { Clock } from '../core/clock.ts'
import type { Plan } from '../core/plan.ts'
import type { Recorder } from '../core/recorder.ts'
import type { Shard } from '../core/schedule.ts'

export interface DriverContext {
  readonly plan: Plan
  /** Which part of the plan this driver runs. */
  readonly shard: Shard
  /** Its `start` is the measured start on `clock`; warm-up begins at `start - plan.warmup`, which is now. */
  readonly recorder: Recorder
  readonly clock: Clock
  /** Addresses that were looked up, allowed and reached before the run, by origin. */
  readonly addresses: Readonly<Record<string, Address>>
  /** Aborted: stop at once; what is under way counts as unfinished. */
  readonly signal: AbortSignal
}

/** Where an origin really is: connections go to this address, never to what a later look-up might say. */
export interface Address {
  /** An IP address. */
  readonly address: string
  readonly port: number
  /** The name to verify the certificate against; undefined for plain HTTP. */
  readonly servername?: string
}

/**
 * Sends the load of its shard until `plan.duration` is over or a fixed amount is done, calls `recorder.stop()` at
 * that moment, drains for at most `plan.gracefulStop`, and resolves when nothing is under way any more. Every
 * iteration is recorded in exactly one way. Rejects only for a fault of the generator itself.
 */
export type Driver = (context: DriverContext) => Promise<void>
