// How much CPU time and disk traffic a process tree had between two readings, also of children that came and went in between.

/** One process; times in ms. */
export interface Reading {
  /** CPU time of its own so far. */
  readonly ctime: number
  /** CPU time that it took over from children which ended; theirs had taken over that of their own children. */
  readonly reaped: number
  readonly elapsed: number
  readonly memory: number
  /** With the pid it names one process for good; where it is unknown, a younger process is another one. */
  readonly startTime?: number
  readonly threads?: number
  readonly openFiles?: number
  /** Bytes so far, those of children that ended and were waited for among them. */
  readonly diskRead?: number
  readonly diskWrite?: number
  /** What could not be read of it and why, in sentences. */
  readonly unseen?: readonly string[]
}

/** What only ever grows. */
export type Counter = 'cpu' | 'diskRead' | 'diskWrite'

export interface TreeReading {
  /** In ms of `performance.now()`. */
  readonly at: number
  readonly processes: ReadonlyMap<number, Reading>
  /** What was counted while its process ran, and nobody had taken over when this was read. */
  readonly owed: Readonly<Record<Counter, number>>
}

export const nothingOwed: TreeReading['owed'] = { cpu: 0, diskRead: 0, diskWrite: 0 }

/** What a process did itself, and what it took over from children that ended; undefined where it is not known. */
const parts: Readonly<Record<Counter, Record<'own' | 'taken', (reading: Reading) => number | undefined>>> = {
  cpu: { own: ({ ctime }) => ctime, taken: ({ reaped }) => reaped },
  // The kernel adds what a child read and wrote to the parent's own when that waits for it, without a number of its own
  // (kernel/exit.c): all growth may be such.
  diskRead: { own: () => 0, taken: ({ diskRead }) => diskRead },
  diskWrite: { own: () => 0, taken: ({ diskWrite }) => diskWrite },
}

/** `now` with what it owes, and what the tree spent since `before`: CPU time in ms, bytes. */
export function readingAfter(
  before: TreeReading,
  now: Omit<TreeReading, 'owed'>,
): { readonly spent: Readonly<Record<Counter, number>>; readonly tree: TreeReading } {
  const [cpu, diskRead, diskWrite] = (['cpu', 'diskRead', 'diskWrite'] as const).map((counter) =>
    growthOf(counter, before, now),
  ) as [Growth, Growth, Growth]
  return {
    spent: { cpu: cpu.spent, diskRead: diskRead.spent, diskWrite: diskWrite.spent },
    tree: { ...now, owed: { cpu: cpu.owed, diskRead: diskRead.owed, diskWrite: diskWrite.owed } },
  }
}

interface Growth {
  readonly spent: number
  readonly owed: number
}

function growthOf(counter: Counter, before: TreeReading, now: Omit<TreeReading, 'owed'>): Growth {
  const { own, taken } = parts[counter]
  const passed = now.at - before.at
  const growth = (part: typeof own) =>
    sum([...now.processes].map(([pid, reading]) => grown(before.processes.get(pid), reading, { part, passed })))
  const ended = [...before.processes].filter(([pid, reading]) => !isLater(now.processes.get(pid), reading))
  const counted = sum(ended.map(([, reading]) => (own(reading) ?? 0) + (taken(reading) ?? 0)))
  const takenOver = growth(taken)
  const owed = before.owed[counter]
  return {
    spent: growth(own) + Math.max(0, takenOver - owed - counted),
    // What ended waits for its parent for a moment. What nobody has taken over after one more round never will be: it was
    // orphaned, or its parent ignores SIGCHLD.
    owed: Math.max(0, counted - Math.max(0, takenOver - owed)),
  }
}

/** Younger than the time between two readings. */
export function isNew(reading: Reading, passed: number): boolean {
  // Two clock steps of 10 ms, because age and time are read from different clocks.
  return reading.elapsed <= passed + 20
}

function grown(
  before: Reading | undefined,
  now: Reading,
  { part, passed }: { readonly part: (reading: Reading) => number | undefined; readonly passed: number },
): number {
  if (before === undefined || !isLater(now, before)) {
    // How much is new of an older process that is first seen cannot be known yet.
    return isNew(now, passed) ? (part(now) ?? 0) : 0
  }
  const [earlier, later] = [part(before), part(now)]
  return earlier === undefined || later === undefined ? 0 : Math.max(0, later - earlier)
}

/** Of the same process, and not of another one that was given its pid. */
function isLater(now: Reading | undefined, before: Reading): boolean {
  if (now === undefined) return false
  if (now.startTime !== undefined && before.startTime !== undefined) return now.startTime === before.startTime
  return now.elapsed >= before.elapsed
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
