// Refuses callers who ask more often than they may.
import { RateLimit } from './rate-limit.ts'
import { Refusal } from './refusal.ts'

/** Counts one call of this caller, or throws the refusal that says when to come back. */
export type CallLimit = (caller: string) => void

export function limitCalls(perSecond: number): CallLimit {
  const limit = new RateLimit(perSecond)

  return (caller) => {
    const wait = limit.take(caller, performance.now())
    if (wait > 0) throw new Refusal(429, `more than ${perSecond} requests a second`, { retryAfter: wait })
  }
}
