// What a reader of a run's numbers should know, worded: every sentence that a report may show under "warnings".

import type { Standstill } from './standstill.ts'
import { formatCount, formatShare, formatSpan } from './units.ts'
import type { Suspensions } from './usage.ts'

interface ProbeFailure {
  readonly asked: number
  readonly failed: number
  /** The first. */
  readonly reason: string
  readonly isSilent: boolean
  readonly isRunning: boolean
}

export const warning = {
  generatorLate: (reasons: readonly string[]) =>
    `the load generator could not keep up: ${reasons.join('; ')}. Latency is overstated and throughput understated`,

  dropped: (count: number, maxVUs: number) =>
    `${formatCount(count, 'iteration')} due were dropped because all ${formatCount(maxVUs, 'VU')} were busy: the target is too slow for this rate, or maxVUs is too low`,

  unfinished: (count: number, gracefulStop: number) =>
    `${formatCount(count, 'iteration')} had not ended ${formatSpan(gracefulStop)} after sending stopped: nobody knows how they would have ended`,

  wentOn: (asked: number, lasted: number) =>
    `it went on for ${formatSpan(lasted)} instead of ${formatSpan(asked)}, until it could be told whether a heap leaks`,

  unfinishedOrHeldUp: (count: number, gracefulStop: number) =>
    `${formatCount(count, 'iteration')} had no end that counts: a forced collection or a heap snapshot held the server up, or they had not ended ${formatSpan(gracefulStop)} after sending stopped`,

  /** @param from and `until`: ms from the measured start */
  standstill: ({ from, until }: Standstill) =>
    `nothing completed for ${formatSpan(until - from)}, from ${formatSpan(from)} to ${formatSpan(until)}, although work was under way`,

  warmupErrors: (share: number) => `${formatShare(share)} of the warm-up failed`,

  besideServer: () =>
    "a server listens in the process that sends the load: if the function calls it, each hides the other's stalls; start it with serve('node server.js')",

  /** @param other ms from the measured start */
  besideRun: ({ name, from, until }: { readonly name: string; readonly from: number; readonly until: number }) =>
    `"${name}" was sent at the same time, from ${formatSpan(Math.max(0, from))} to ${formatSpan(Math.max(0, until))}: each run is part of what the other measured`,

  manyChecks: (most: number, further: string) =>
    `more than ${most} different checks were made: the rest is counted together as '${further}'. Name what is checked, not for whom: check('has an order', held) instead of check(\`user \${vu} has an order\`, held)`,

  probeFailed: (name: string, { asked, failed, reason, isSilent, isRunning }: Readonly<ProbeFailure>) => {
    const never = isSilent ? 'never gave a number: it ' : ''
    const unasked = isRunning ? '; while it was still running it was not asked again' : ''
    return `the probe '${name}' ${never}failed ${failed.toLocaleString('en-US')} of ${formatCount(asked, 'time')}: ${reason}${unasked}`
  },

  probeAbsent: (name: string, absent: readonly string[]) =>
    `the probe '${name}' never gave ${absent.map((each) => `'${each}'`).join(', ')}: there was no such number, or nothing to be read off it`,

  probeRemark: (name: string, remark: string) => `the probe '${name}': ${remark}`,

  relayUnread: (server: string, connections: number) =>
    `${formatCount(connections, 'connection')} to server '${server}' spoke no HTTP/1.1 that its relay could follow: what went over them is not counted in run.server('${server}')`,

  relayHeldUp: () =>
    'what relays timed, and the errors that they saw, hold the forced collections and heap snapshots of `leaks`: judge single servers in a load without it',

  relayBusy: (share: number) =>
    `the thread of the relays was busy ${formatShare(share)} of the time: what they timed of the servers is overstated`,

  insecure: () =>
    'TLS certificates were not verified (insecure: true): whoever answered may not be who was meant to be loaded',

  /** @param log with a heading of its own */
  serverEnded: (ended: string, log: string) => `${ended}\n${log}`,

  /** Of a process that serve() did not start: how it ended is not known. */
  watchedEnded: (name: string) =>
    `server '${name}' ended during the run: what is told of its CPU and memory is of the time before`,
} as const

/** What happened in a run so that a pass cannot stand, worded: every sentence that a report may show under "doubts". */
export const doubt = {
  amountNotDone: (done: number, amount: number, duration: number) =>
    `${done.toLocaleString('en-US')} of ${formatCount(amount, 'iteration')} were begun in ${formatSpan(duration)}, the longest that is waited for`,

  serverEnded: (name: string, how: string, at: number) =>
    `server '${name}' ended ${formatSpan(Math.max(0, at))} into the run (${how})`,
} as const

/** Why no verdict can be given on a run, worded: every sentence that a report may show under "invalid". */
export const invalidity = {
  unbalanced: (scheduled: number, ended: number) =>
    `the ledger does not balance: ${formatCount(scheduled, 'iteration')} scheduled, ${ended.toLocaleString('en-US')} accounted for`,

  overbooked: (share: number) =>
    `iterations took ${formatShare(share)} more time than there was for them (Little's law): times or counts are wrong`,

  sharedLoop: (origin: string) =>
    `${origin} is served by the event loop that sends the load, so that each hides the other's stalls: start the server with serve('node server.js')`,

  /** @param runsFunction of the user, in the thread that was watched: when it waits there, that looks the same */
  suspended: ({ count, total, first }: Suspensions, runsFunction: boolean) => {
    const times =
      count === 1 ? `for ${formatSpan(total)}` : `${formatCount(count, 'time')}, for ${formatSpan(total)} in all`
    const when = `${count === 1 ? '' : 'first '}${formatSpan(first)} into the run`
    const other = runsFunction ? ', and let no function wait in a synchronous call, which looks the same' : ''
    return `the machine or this process was suspended ${times}, ${when}: nothing was sent, and every latency across it is wrong. Keep the machine awake${other}`
  },
} as const
