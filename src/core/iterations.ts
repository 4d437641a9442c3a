// The ledger: every scheduled iteration ends in exactly one of five ways.

export interface Iterations {
  readonly scheduled: number
  readonly ok: number
  readonly failed: number
  readonly timedOut: number
  /** Under way when the graceful stop was over. */
  readonly unfinished: number
  /** Due, but not started: no virtual user was free. */
  readonly dropped: number
}

export const noIterations: Iterations = Object.freeze({
  scheduled: 0,
  ok: 0,
  failed: 0,
  timedOut: 0,
  unfinished: 0,
  dropped: 0,
})

export function addIterations(parts: readonly Iterations[]): Iterations {
  const sum = { ...noIterations }
  for (const part of parts) {
    for (const key of Object.keys(noIterations) as (keyof Iterations)[]) sum[key] += part[key]
  }
  return sum
}

/** `scheduled` is counted where iterations are planned, the rest where they end: the two must agree. */
export function isBalanced({ scheduled, ok, failed, timedOut, unfinished, dropped }: Iterations): boolean {
  return scheduled === ok + failed + timedOut + unfinished + dropped
}

/** (failed + timedOut) / (ok + failed + timedOut); NaN, which is 0 / 0, when nothing ended. */
export function errorRate({ ok, failed, timedOut }: Iterations): number {
  return (failed + timedOut) / (ok + failed + timedOut)
}
