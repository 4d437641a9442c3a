// Samples CPU and memory of process trees while they are under load.
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import pidusage from 'pidusage'
import type { UsageValues } from '../core/usage.ts'
import { type ProcessTable, readProcessTable } from '../processes/process-table.ts'
import { processTree } from '../processes/process-tree.ts'
import { isNew, type Reading, readingAfter, type TreeReading } from './cpu-time.ts'

export interface MonitoredProcess {
  readonly name: string
  readonly pid: number
}

/** One process tree at one instant: `at` in ms of `performance.now()`, numbers summed over the tree. */
export interface ProcessSample {
  readonly name: string
  readonly pid: number
  readonly at: number
  readonly values: UsageValues
  /** How many processes the tree had. */
  readonly processes: number
}

export interface ProcessMonitor {
  /**
   * Samples once, now, unless the last sample is less than 200 ms old. Joins a sampling that is under way; never
   * rejects.
   */
  sample(): Promise<void>
  /** Resolves when no sample can come any more. */
  stop(): Promise<void>
}

export interface MonitorOptions {
  readonly onSample: (sample: ProcessSample) => void
  /** In ms, 1000 unless given. */
  readonly interval?: number
  /** Calls back about every so many ms until the returned function is called. */
  readonly every?: (interval: number, callback: () => void) => () => void
}

interface Round {
  readonly at: number
  /** By the pid of the target. */
  readonly trees: ReadonlyMap<number, TreeReading>
}

/**
 * Takes the base line of every target at once and a sample per interval from there on. A target whose process is gone
 * gives no sample, and neither does the base line: nothing missing is read as 0.
 */
export function monitorProcesses(
  targets: () => readonly MonitoredProcess[],
  { onSample, interval = 1000, every = everyInterval }: MonitorOptions,
): ProcessMonitor {
  let before: Round | undefined
  let strangers: ProcessTable = new Map()
  let stopped = false
  let underWay: Promise<void> | undefined

  // The kernel counts CPU time in steps of 10 ms: over a shorter time a single step would be more than 5 points.
  const shortest = Math.min(200, interval / 2)

  const round = async (): Promise<void> => {
    if (before && performance.now() - before.at < shortest) return
    const wanted = targets()
    const table = await readProcessTable(strangers)
    const trees = wanted.map(({ pid }) => processTree(table, [pid]))
    // Rows of our own processes are read anew each time: only strangers may safely be known by an old row.
    const own = new Set(trees.flat())
    strangers = new Map([...table].filter(([pid]) => !own.has(pid)))
    const readings = await readUsage([...own], table)
    const at = performance.now()
    const previous = before
    const uses = wanted.map((target, index) => {
      const pids = new Set(trees[index])
      const processes = new Map([...readings].filter(([pid]) => pids.has(pid)))
      return { target, ...useOf(target.pid, previous, { at, processes }) }
    })
    before = { at, trees: new Map(uses.map(({ target, tree }) => [target.pid, tree])) }
    for (const { target, spent, tree } of uses) {
      if (spent === undefined || previous === undefined || stopped) continue
      const processes = [...tree.processes.values()]
      onSample({
        name: target.name,
        pid: target.pid,
        at,
        values: {
          cpu: (100 * spent) / (at - previous.at),
          memory: processes.reduce((sum, { memory }) => sum + memory, 0),
        },
        processes: processes.length,
      })
    }
  }
  const sample = (): Promise<void> => {
    if (stopped) return Promise.resolve()
    underWay ??= round()
      .catch(() => {})
      .finally(() => {
        underWay = undefined
      })
    return underWay
  }

  void sample()
  const cancel = every(interval, () => void sample())
  return {
    sample,
    async stop() {
      stopped = true
      cancel()
      await underWay
    },
  }
}

/** `spent` is CPU time in ms since the round before; undefined where it cannot be known. */
function useOf(
  root: number,
  before: Round | undefined,
  now: Omit<TreeReading, 'owed'>,
): { readonly tree: TreeReading; readonly spent: number | undefined } {
  const unknown = { tree: { ...now, owed: 0 }, spent: undefined }
  const leader = now.processes.get(root)
  if (before === undefined || leader === undefined) return unknown
  const tree = before.trees.get(root) ?? { at: before.at, processes: new Map(), owed: 0 }
  // First seen, and older than the last round: how much of its CPU time is new cannot be known yet.
  if (!tree.processes.has(root) && !isNew(leader, now.at - before.at)) return unknown
  return readingAfter(tree, now)
}

// Its `cpu` is not used: that is 0 at the first call, and its history is shared by everybody in this process who asks
// for the same pid. A process that ended in between is missing in the answer, or all of the answer is an error.
async function readUsage(pids: readonly number[], table: ProcessTable): Promise<ReadonlyMap<number, Reading>> {
  if (pids.length === 0) return new Map()
  const answer: Record<string, pidusage.Status | undefined> = await pidusage([...pids]).catch(() => ({}))
  const readings = new Map<number, Reading>()
  for (const pid of pids) {
    const status = answer[pid]
    // A process that ended and waits for its parent to notice still has a row, without memory.
    if (!status || status.memory <= 0) continue
    const { ctime, elapsed, memory } = status
    readings.set(pid, { ctime, elapsed, memory, reaped: table.get(pid)?.reaped ?? 0 })
  }
  return readings
}

function everyInterval(interval: number, callback: () => void): () => void {
  const timer = setInterval(callback, interval)
  timer.unref()
  return () => clearInterval(timer)
}
