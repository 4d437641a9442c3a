// Brings the CPU time that the kernel tells of a process in steps of 10 ms closer to the truth, by that of its threads.
import { clockTick } from '../processes/process-table.ts'

/** In ms, so far. */
export interface FineTime {
  /** Of all threads: never more than they really had, and never less than what is told in steps. */
  readonly all: number
  /** Of each that runs, since it was followed, told in ns. */
  readonly threads: ReadonlyMap<string, number>
}

/**
 * What is told in steps are two times, user and system, each rounded down: the truth lies less than two steps above. Within
 * these bounds the growth of the threads is followed; what one had that ended is in what is told in steps.
 *
 * @param told in steps, of all threads
 */
export function fineTime(before: FineTime | undefined, told: number, threads: ReadonlyMap<string, number>): FineTime {
  if (before === undefined) return { all: told, threads }
  const growth = [...threads].map(([thread, time]) => Math.max(0, time - (before.threads.get(thread) ?? 0)))
  const followed = before.all + growth.reduce((sum, time) => sum + time, 0)
  return { all: Math.max(told, Math.min(told + 2 * clockTick, followed)), threads }
}
