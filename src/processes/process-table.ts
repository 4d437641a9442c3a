// Reads which processes run, who started them and since when.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessRow {
  readonly pid: number
  readonly ppid: number
  readonly group: number
  /** The group where the platform does not tell the session. */
  readonly session: number
  /** Clock ticks from boot to its start: with the pid it names one process for good. Linux only. */
  readonly startTime: number | undefined
}

/** What Linux tells of a process in one line. Times in ms. */
export interface ProcessStat extends ProcessRow {
  readonly startTime: number
  /** CPU time of all its threads so far. */
  readonly spent: number
  /** CPU time of all children, and theirs, that ended and were waited for. */
  readonly reaped: number
  readonly threads: number
}

/** The kernel tells times in steps of so many ms (USER_HZ) whatever its own clock is. */
export const clockTick = 10

export type ProcessTable = ReadonlyMap<number, ProcessRow>

/**
 * All processes that run; those that ended and only wait to be noticed (zombies) are left out. Rows given as `known`
 * are taken over on Linux, which makes a table that is read once a second cheap. Empty on Windows. Rejects on Linux when
 * no file descriptor is left to read it with.
 */
export async function readProcessTable(known?: ProcessTable): Promise<ProcessTable> {
  if (process.platform === 'win32') return new Map()
  const rows = process.platform === 'linux' ? readProc(known) : parsePs(await runPs())
  return new Map(rows.map((row) => [row.pid, row]))
}

/** One process of Linux; undefined when it has ended or cannot be read, and on other platforms. */
export function readProcess(pid: number): ProcessRow | undefined {
  try {
    return readRow(pid)
  } catch {
    return undefined
  }
}

/** A line of `/proc/<pid>/stat`; undefined for a process that has ended. */
export function parseStat(text: string): ProcessStat | undefined {
  // The name in parentheses may itself hold blanks and parentheses: proc_pid_stat(5), fields from the third on.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  const field = (number: number) => Number(fields[number - 3])
  return {
    ...{ pid: Number.parseInt(text, 10), ppid: field(4), group: field(5), session: field(6), startTime: field(22) },
    spent: (field(14) + field(15)) * clockTick,
    reaped: (field(16) + field(17)) * clockTick,
    threads: field(20),
  }
}

/** @throws when this process has no descriptor left: a table must not lack rows for that */
function readRow(pid: number): ProcessRow | undefined {
  try {
    const stat = parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    if (stat === undefined) return undefined
    const { ppid, group, session, startTime } = stat
    return { pid, ppid, group, session, startTime }
  } catch (error) {
    if (isStarved(error)) throw error
    return undefined
  }
}

/** This process, or the machine, has no file descriptor left: what could not be read may well be there. */
export function isStarved(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EMFILE' || code === 'ENFILE'
}

// Synchronous on purpose: 10 to 20 µs a file this way, five times that through the thread pool.
function readProc(known?: ProcessTable): ProcessRow[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => known?.get(Number(entry)) ?? readRow(Number(entry)))
    .filter((row) => row !== undefined)
}

/** Lines of `ps -A -o pid=,ppid=,pgid=,stat=`. */
export function parsePs(text: string): ProcessRow[] {
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 4 && !fields[3]?.startsWith('Z'))
    .map((fields) => {
      const [pid, ppid, group] = fields.map(Number) as [number, number, number]
      return { pid, ppid, group, session: group, startTime: undefined }
    })
}

function runPs(): Promise<string> {
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-o', 'pid=,ppid=,pgid=,stat='], (error, stdout) => resolve(error ? '' : stdout))
  })
}
