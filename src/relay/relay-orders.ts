// What is said between the thread of the relays and the one that runs the servers.
import type { ExchangeCount } from './exchange-count.ts'
import type { ExchangeWindow } from './exchange-window.ts'

export type RelayOrder =
  /** A relay and its own number. Answered by the port on which it listens. */
  | { readonly kind: 'open'; readonly relay: number; readonly port: number; readonly upstream: number }
  | { readonly kind: 'close'; readonly relay: number }
  /** From now on exchanges are counted that come after the beginning of the window. */
  | { readonly kind: 'count'; readonly window: ExchangeWindow }
  /** Answered by a `WindowCount`. */
  | { readonly kind: 'counted'; readonly window: number }
  | { readonly kind: 'quit' }

export interface WindowCount {
  /** By the number of the relay. */
  readonly relays: ReadonlyMap<number, ExchangeCount>
  /** Share of the window in which the thread was busy, 0 to 1: a relay without rest is part of what it times. */
  readonly utilization: number
}

/** Each order is answered once, in order. */
export type RelayAnswer =
  | { readonly kind: 'done'; readonly port?: number; readonly count?: WindowCount }
  | { readonly kind: 'failed'; readonly message: string }
