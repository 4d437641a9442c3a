// Whether the load generator kept up, so that a slow generator is never taken for a slow server.
import { unaccounted } from './occupancy.ts'
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
export const mostUtilization = 0.95
// Users that are neither in an iteration nor told to wait, wait for the generator: by Little's law throughput lacks as
// much. Every client takes some of it: a loop cycle of undici's between two requests is a tenth of a very fast answer.
const mostOwnTime = 0.25
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
  const own = slice.data.occupancy ? unaccounted(slice.data.occupancy) : Number.NaN
  if (own > mostOwnTime) reasons.push(`its own work took ${formatShare(own)} of its users' time (Little's law)`)
  if (slice.unsent > 0) reasons.push(starvation(slice))
  return { keptUp: reasons.length === 0, reasons }
}

/** What it lacked, and how to give it more. The first example stands for all: nobody runs out of two things at once. */
function starvation({ data, unsent }: Slice): string {
  const errors = data.lanes.flatMap((lane) => lane.errors)
  const example = errors.find(({ kind }) => kind === 'generator')?.example ?? ''
  const times = formatCount(unsent, 'time')
  if (/\bE[MN]FILE\b/.test(example)) return `it ran out of file descriptors ${times}: allow more with \`ulimit -n\``
  if (/\bEADDR(NOTAVAIL|INUSE)\b/.test(example)) {
    return `it ran out of local ports ${times}: keep connections, use fewer, or widen net.ipv4.ip_local_port_range`
  }
  return `it ran out of memory for connections ${times}: use fewer`
}
