// Whether the load generator kept up, so that a slow generator is never taken for a slow server.
import type { Slice } from './slice.ts'
import { formatCount, formatMs, formatShare } from './units.ts'

export interface GeneratorHealth {
  readonly keptUp: boolean
  /** Why it did not keep up, in words; empty when it did. */
  readonly reasons: readonly string[]
}

// Latency counts from the planned instant, so lag is part of every number: a tenth of the limit may be ours.
const lagShareOfLimit = 0.1
// Timers tick every ms and two of them may be late: less than 5 ms of lag tells nothing about the generator.
const leastTellingLag = 5
// Without a limit to compare with: what a person would no longer call "on time" at any usual rate.
const mostLag = 10
// A loop that is busy all the time has a queue of its own, whose waiting would be booked on the server.
const mostUtilization = 0.95
// Answers wait in the loop unread for as long as its timers are late.
const mostLoopDelay = 50

/** What the run is judged by, if it is: a latency in ms, and the share of iterations that it is about (1: the maximum). */
export interface Judged {
  readonly limit?: number
  readonly q?: number
}

export function generatorHealth(slice: Slice, { limit, q = 0 }: Judged = {}): GeneratorHealth {
  const { loopDelay, utilization } = slice.usage.generator
  const tolerated = limit === undefined ? mostLag : Math.max(leastTellingLag, limit * lagShareOfLimit)
  // One late burst is nothing to a p99 and everything to the maximum.
  const share = Math.max(q, 0.99)
  const lag = slice.lag.percentile(share)
  const reasons: string[] = []
  const which = share === 1 ? 'at most' : `p${Number((share * 100).toFixed(6))}`
  if (lag > tolerated) reasons.push(`it sent iterations late: ${which} ${formatMs(lag)} after they were due`)
  if (utilization >= mostUtilization) reasons.push(`its event loop was busy ${formatShare(utilization)} of the time`)
  if (loopDelay.p99 > mostLoopDelay) reasons.push(`its event loop was blocked: p99 delay ${formatMs(loopDelay.p99)}`)
  const starved = slice.errors.find(({ kind }) => kind === 'generator')
  if (starved) reasons.push(`it ran out of file descriptors or ports ${formatCount(starved.count, 'time')}`)
  return { keptUp: reasons.length === 0, reasons }
}
