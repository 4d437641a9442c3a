// Starts, once per process, the small program that ends the servers when this process can no longer do it itself.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LoadTestError } from '../core/errors.ts'
import type { TreeRoot } from './tree-end.ts'

/** What the reaper is told, a line of JSON each. */
export type ReaperLine =
  | { readonly guard: TreeRoot }
  | { readonly release: number }
  | { readonly guardDirectory: string }
  | { readonly releaseDirectory: string }

// The sources run as .ts in this project's own tests, as .js once they are built.
const extension = extname(fileURLToPath(import.meta.url))
const entry = fileURLToPath(new URL(`./reaper-entry${extension}`, import.meta.url))

const guarded = new Map<number, TreeRoot>()
const directories = new Set<string>()
let running: ChildProcess | undefined

/** To be called before a server is spawned, so that no server ever runs without it. */
export function startReaper(): void {
  if (running !== undefined) return
  // Its own session: Ctrl-C and the terminal's end must not reach it. Its end of the pipe is how it learns of ours:
  // the kernel closes it however this process ends.
  const child = spawn(process.execPath, [entry], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, NODE_OPTIONS: '' },
    windowsHide: true,
  })
  child.once('error', () => {})
  if (child.pid === undefined) {
    throw new LoadTestError(
      'internal',
      `serve(): ${process.execPath} could not be started to guard the server; without it a killed test run would leave the server behind`,
    )
  }
  child.once('exit', () => {
    if (running === child) running = undefined
  })
  child.stdin?.on('error', () => {})
  child.unref()
  ;(child.stdin as Socket).unref()
  running = child
  for (const root of guarded.values()) tell({ guard: root })
  for (const directory of directories) tell({ guardDirectory: directory })
}

/** To be called in the tick of the spawn: the pipe takes the line at once, so a SIGKILL right after finds it there. */
export function guard(root: TreeRoot): void {
  guarded.set(root.pid, root)
  tell({ guard: root })
}

export function release(pid: number): void {
  if (guarded.delete(pid)) tell({ release: pid })
}

/** A directory that goes with this process; to be called before it is made. */
export function guardDirectory(path: string): void {
  directories.add(path)
  tell({ guardDirectory: path })
}

export function releaseDirectory(path: string): void {
  if (directories.delete(path)) tell({ releaseDirectory: path })
}

function tell(line: ReaperLine): void {
  running?.stdin?.write(`${JSON.stringify(line)}\n`)
}
