// Signals a started process and everything it started, and ends all of it for certain.
import { execFile } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessRow, readProcessTable } from './process-table.ts'
import { processTree } from './process-tree.ts'

/** The leader of a process group of its own; the start time tells it from a later process with the same pid. */
export interface TreeRoot {
  readonly pid: number
  readonly startTime: number | undefined
}

const pollInterval = 25
// SIGKILL takes effect at once, except in a process that hangs in the kernel: that one is not waited for for ever.
const killLimit = 5000

/** Each process of the tree gets the signal once. */
export async function signalTree(root: TreeRoot, signal: NodeJS.Signals): Promise<void> {
  send(root, await new Family(root).alive(), signal)
}

/**
 * SIGTERM, and SIGKILL for what is left after `grace` ms; a grace of 0 means SIGKILL at once. Resolves when nothing
 * is left, with the pids that even survived SIGKILL for 5 s.
 */
export async function endTree(root: TreeRoot, grace: number): Promise<readonly number[]> {
  if (process.platform === 'win32') return endOnWindows(root)
  const family = new Family(root)
  const started = performance.now()
  let alive = await family.alive()
  if (grace > 0) {
    send(root, alive, 'SIGTERM')
    // A paused process takes notice of SIGTERM only when it goes on.
    send(root, alive, 'SIGCONT')
  }
  while (alive.length > 0 && performance.now() - started < grace + killLimit) {
    if (performance.now() - started >= grace) send(root, alive, 'SIGKILL')
    await sleep(pollInterval)
    alive = await family.alive()
  }
  return alive.map((row) => row.pid)
}

/** Remembers who was seen in a tree, because a process whose parent has ended cannot be found through it any more. */
class Family {
  readonly #startTimes: Map<number, number | undefined>

  constructor(root: TreeRoot) {
    this.#startTimes = new Map([[root.pid, root.startTime]])
  }

  async alive(): Promise<ProcessRow[]> {
    const table = await readProcessTable()
    // A pid that now belongs to another process has no group left either: the kernel does not reuse a group's id.
    const own = [...this.#startTimes].filter(([pid, startTime]) => {
      const row = table.get(pid)
      return row === undefined || row.startTime === startTime
    })
    const rows = processTree(
      table,
      own.map(([pid]) => pid),
    ).flatMap((pid) => table.get(pid) ?? [])
    for (const row of rows) this.#startTimes.set(row.pid, row.startTime)
    return rows
  }
}

// The group in one call, which no fork can slip through; then those who left the group, one by one.
function send(root: TreeRoot, rows: readonly ProcessRow[], signal: NodeJS.Signals): void {
  if (rows.some((row) => row.group === root.pid)) trySignal(-root.pid, signal)
  for (const row of rows) if (row.group !== root.pid) trySignal(row.pid, signal)
}

function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between, which is what the caller looks for next.
  }
}

// Not tested on Windows: no groups and no SIGTERM there, taskkill ends the tree at once.
function endOnWindows(root: TreeRoot): Promise<readonly number[]> {
  return new Promise((resolve) => {
    execFile('taskkill', ['/pid', String(root.pid), '/T', '/F'], { windowsHide: true }, () => resolve([]))
  })
}
