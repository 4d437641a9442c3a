// Brings the CPU time that the kernel tells of a process in steps of 10 ms closer to the truth, by its main thread's own.
import { clockTick } from '../processes/process-table.ts'

/** In ms, so far. */
export interface FineTime {
  /** Of all threads: never more than they really had, and never less than what is told in steps. */
  readonly all: number
  /** Of the main thread alone, told in ns: all of it where a process works in one thread, as Node mostly does. */
  readonly main: number
}

/**
 * What is told in steps are two times, user and system, each rounded down: the truth lies less than two steps above. Within
 * these bounds the growth of the main thread is followed; what other threads had is in what is told in steps.
 *
 * @param told in steps, of all threads
 */
export function fineTime(before: FineTime | undefined, told: number, main: number): FineTime {
  if (before === undefined) return { all: told, main }
  const followed = before.all + Math.max(0, main - before.main)
  return { all: Math.max(told, Math.min(told + 2 * clockTick, followed)), main }
}

/** Of `/proc/<pid>/schedstat`, ms: proc_pid_schedstat(5). */
export function mainThreadTime(schedstat: string): number {
  return Number(schedstat.split(' ')[0]) / 1e6
}
