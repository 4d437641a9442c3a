// What a reader of a run's numbers should know, worded: every sentence that a report may show under "warnings".
import { formatCount, formatMs, formatShare, formatSpan } from './units.ts'

export const warning = {
  generatorLate: (reasons: readonly string[]) =>
    `the load generator could not keep up: ${reasons.join('; ')}. Latency is overstated and throughput understated`,

  dropped: (count: number, maxVUs: number) =>
    `${formatCount(count, 'iteration')} due were dropped because all ${formatCount(maxVUs, 'VU')} were busy: the target is too slow for this rate, or maxVUs is too low`,

  unfinished: (count: number, gracefulStop: number) =>
    `${formatCount(count, 'iteration')} had not ended ${formatSpan(gracefulStop)} after sending stopped: nobody knows how they would have ended`,

  warmupErrors: (share: number) => `${formatShare(share)} of the warm-up failed`,

  besideServer: () =>
    "a server listens in the process that sends the load: if the function calls it, each hides the other's stalls; start it with serve('node server.js')",

  /** @param log with a heading of its own */
  serverEnded: (ended: string, log: string) => `${ended}\n${log}`,

  amountNotDone: (done: number, amount: number, duration: number) =>
    `${done.toLocaleString('en-US')} of ${formatCount(amount, 'request')} were sent in ${formatMs(duration)}, the longest that is waited for`,
} as const

/** What happened in a run so that a pass cannot stand, worded: every sentence that a report may show under "doubts". */
export const doubt = {
  serverEnded: (name: string, how: string, at: number) =>
    `server '${name}' ended ${formatSpan(Math.max(0, at))} into the run (${how})`,
} as const

/** Why no verdict can be given on a run, worded: every sentence that a report may show under "invalid". */
export const invalidity = {
  unbalanced: (scheduled: number, ended: number) =>
    `the ledger does not balance: ${formatCount(scheduled, 'iteration')} scheduled, ${ended.toLocaleString('en-US')} accounted for`,

  sharedLoop: (origin: string) =>
    `${origin} is served by the event loop that sends the load, so that each hides the other's stalls: start the server with serve('node server.js')`,
} as const
