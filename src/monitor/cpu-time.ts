// How much CPU time a process tree spent between two readings, also in children that began and ended in between.

/** One process; times in ms. */
export interface Reading {
  /** CPU time of its own so far. */
  readonly ctime: number
  /** CPU time that it took over from children which ended; theirs had taken over that of their own children. */
  readonly reaped: number
  readonly elapsed: number
  readonly memory: number
}

export interface TreeReading {
  /** In ms of `performance.now()`. */
  readonly at: number
  readonly processes: ReadonlyMap<number, Reading>
  /** CPU time that was counted while its process ran, and that nobody had taken over when this was read. */
  readonly owed: number
}

/** `now` with what it owes, and the CPU time in ms that the tree spent since `before`. */
export function readingAfter(
  before: TreeReading,
  now: Omit<TreeReading, 'owed'>,
): { readonly spent: number; readonly tree: TreeReading } {
  const passed = now.at - before.at
  const growth = (part: 'ctime' | 'reaped') =>
    sum([...now.processes].map(([pid, reading]) => grown(before.processes.get(pid), reading, { part, passed })))
  const ended = [...before.processes].filter(([pid, reading]) => !isLater(now.processes.get(pid), reading))
  const counted = sum(ended.map(([, { ctime, reaped }]) => ctime + reaped))
  const reaped = growth('reaped')
  // What ended waits for its parent for a moment. What nobody has taken over after one more round never will be: it was
  // orphaned, or its parent ignores SIGCHLD.
  const owed = Math.max(0, counted - Math.max(0, reaped - before.owed))
  return {
    spent: growth('ctime') + Math.max(0, reaped - before.owed - counted),
    tree: { ...now, owed },
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
  { part, passed }: { readonly part: 'ctime' | 'reaped'; readonly passed: number },
): number {
  if (before !== undefined && isLater(now, before)) return Math.max(0, now[part] - before[part])
  // How much is new of an older process that is first seen cannot be known yet.
  return isNew(now, passed) ? now[part] : 0
}

/** Of the same process: one that is younger than before is another one, with the same pid. */
function isLater(now: Reading | undefined, before: Reading): boolean {
  return now !== undefined && now.elapsed >= before.elapsed
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
