// Samples CPU and memory of process trees while they are under load.
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import pidusage from 'pidusage'
import type { UsageSample } from '../core/usage.ts'
import { type ProcessTable, readProcessTable } from '../processes/process-table.ts'
import { processTree } from '../processes/process-tree.ts'

export interface MonitoredProcess {
  readonly name: string
  readonly pid: number
}

/** One process tree at one instant: `at` in ms of `performance.now()`, CPU and memory summed over the tree. */
export interface ProcessSample extends UsageSample {
  readonly name: string
  readonly pid: number
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

/** What pidusage tells of one process: CPU time so far and age in ms, memory in bytes. */
export type Reading = Pick<pidusage.Status, 'ctime' | 'elapsed' | 'memory'>

interface Round {
  readonly at: number
  readonly readings: ReadonlyMap<number, Reading>
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
    const readings = await readUsage([...own])
    const now: Round = { at: performance.now(), readings }
    const previous = before
    before = now
    if (previous === undefined || stopped) return
    wanted.forEach((target, index) => {
      const sample = sampleTree(target, trees[index] as number[], previous, now)
      if (sample) onSample(sample)
    })
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

function sampleTree(
  target: MonitoredProcess,
  pids: readonly number[],
  before: Round,
  now: Round,
): ProcessSample | undefined {
  const alive = pids.filter((pid) => now.readings.has(pid))
  const root = now.readings.get(target.pid)
  const passed = now.at - before.at
  // First seen, and older than the last round: how much of its CPU time is new cannot be known yet.
  if (root === undefined || (!before.readings.has(target.pid) && !bornWithin(root, passed))) return undefined
  const readings = alive.map((pid) => ({ before: before.readings.get(pid), now: now.readings.get(pid) as Reading }))
  const spent = readings.reduce((sum, reading) => sum + cpuSpent(reading.before, reading.now, passed), 0)
  return {
    name: target.name,
    pid: target.pid,
    at: now.at,
    cpuPercent: (100 * spent) / passed,
    rssBytes: readings.reduce((sum, reading) => sum + reading.now.memory, 0),
    processes: alive.length,
  }
}

/** CPU time in ms that a process spent in the last `passed` ms. */
export function cpuSpent(before: Reading | undefined, now: Reading, passed: number): number {
  // A process that is younger than before is another one, with the same pid.
  if (before !== undefined && now.elapsed >= before.elapsed) return Math.max(0, now.ctime - before.ctime)
  return bornWithin(now, passed) ? now.ctime : 0
}

// Two clock steps of 10 ms, because age and window are read from different clocks.
function bornWithin(reading: Reading, passed: number): boolean {
  return reading.elapsed <= passed + 20
}

// Its `cpu` is not used: that is 0 at the first call, and its history is shared by everybody in this process who asks
// for the same pid. A process that ended in between is missing in the answer, or all of the answer is an error.
async function readUsage(pids: readonly number[]): Promise<ReadonlyMap<number, Reading>> {
  if (pids.length === 0) return new Map()
  const answer: Record<string, Reading | undefined> = await pidusage([...pids]).catch(() => ({}))
  const readings = new Map<number, Reading>()
  for (const pid of pids) {
    const reading = answer[pid]
    // A process that ended and waits for its parent to notice still has a row, without memory.
    if (reading && reading.memory > 0) readings.set(pid, reading)
  }
  return readings
}

function everyInterval(interval: number, callback: () => void): () => void {
  const timer = setInterval(callback, interval)
  timer.unref()
  return () => clearInterval(timer)
}
