// Samples what process trees use while they are under load.
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import type { UsageValues } from '../core/usage.ts'
import { type ProcessTable, readProcessTable } from '../processes/process-table.ts'
import { processTree } from '../processes/process-tree.ts'
import { type Counter, isNew, nothingOwed, type Reading, readingAfter, type TreeReading } from './cpu-time.ts'
import { openProcessReader } from './process-reader.ts'

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
  /** What could not be read and why, in sentences. */
  readonly unseen: readonly string[]
}

export interface ProcessMonitor {
  /**
   * Samples once, now, unless the last sample is less than 200 ms old (2 s where another program has to be asked). Joins
   * a sampling that is under way; never rejects: what cannot be read is a sample that is missing.
   */
  sample(): Promise<void>
  /** Resolves when no sample can come any more. */
  stop(): Promise<void>
}

export interface MonitorOptions {
  readonly onSample: (sample: ProcessSample) => void
  /** In ms, 1000 unless given; at least 2000 where another program has to be asked, 1000 on Windows. */
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
  const reader = openProcessReader()
  let before: Round | undefined
  let strangers: ProcessTable = new Map()
  let stopped = false
  let underWay: Promise<void> | undefined

  const pause = Math.max(interval, reader.shortest)
  // Timers may come a little early.
  const shortest = Math.min(reader.shortest, 0.9 * pause)

  const round = async (): Promise<void> => {
    if (before && performance.now() - before.at < shortest) return
    const wanted = targets()
    const table = await readProcessTable(strangers)
    const trees = wanted.map(({ pid }) => processTree(table, [pid]))
    // Rows of our own processes are read anew each time: only strangers may safely be known by an old row.
    const own = new Set(trees.flat())
    strangers = new Map([...table].filter(([pid]) => !own.has(pid)))
    const readings = await reader.read([...own])
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
        ...{ name: target.name, pid: target.pid, at },
        values: valuesOf(processes, spent, at - previous.at),
        processes: processes.length,
        unseen: [...new Set(processes.flatMap(({ unseen = [] }) => unseen))],
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
  const cancel = every(pause, () => void sample())
  return {
    sample,
    async stop() {
      stopped = true
      cancel()
      await underWay
      reader.close()
    },
  }
}

type Spent = Readonly<Record<Counter, number>>

/** `spent` is CPU time in ms and bytes since the round before; undefined where it cannot be known. */
function useOf(
  root: number,
  before: Round | undefined,
  now: Omit<TreeReading, 'owed'>,
): { readonly tree: TreeReading; readonly spent: Spent | undefined } {
  const unknown = { tree: { ...now, owed: nothingOwed }, spent: undefined }
  const leader = now.processes.get(root)
  if (before === undefined || leader === undefined) return unknown
  const tree = before.trees.get(root) ?? { at: before.at, processes: new Map(), owed: nothingOwed }
  // First seen, and older than the last round: how much of its CPU time is new cannot be known yet.
  if (!tree.processes.has(root) && !isNew(leader, now.at - before.at)) return unknown
  return readingAfter(tree, now)
}

/** A number that is unknown of one process is unknown of the tree. */
function valuesOf(processes: readonly Reading[], spent: Spent, passed: number): UsageValues {
  const total = (read: (reading: Reading) => number | undefined) =>
    processes.reduce<number | undefined>((sum, reading) => plus(sum, read(reading)), 0)
  const perSecond = (counter: 'diskRead' | 'diskWrite') =>
    processes.some((reading) => reading[counter] === undefined) ? undefined : (1000 * spent[counter]) / passed
  const values = {
    cpu: (100 * spent.cpu) / passed,
    memory: total(({ memory }) => memory),
    threads: total(({ threads }) => threads),
    openFiles: total(({ openFiles }) => openFiles),
    diskRead: perSecond('diskRead'),
    diskWrite: perSecond('diskWrite'),
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b
}

function everyInterval(interval: number, callback: () => void): () => void {
  const timer = setInterval(callback, interval)
  timer.unref()
  return () => clearInterval(timer)
}
