// One life of a server: from the spawn of its process to its exit.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { LoadTestError } from '../core/errors.ts'
import { LogTail } from './log-tail.ts'
import { readProcess } from './process-table.ts'
import { guard, release, startReaper } from './reaper.ts'
import type { ServerExit } from './server-exit.ts'
import { endTree, signalTree, type TreeRoot } from './tree-end.ts'

export interface ServerProcess {
  readonly pid: number
  readonly log: LogTail
  /** Undefined while it runs. */
  readonly exit: ServerExit | undefined
  /** Resolves after its exit. */
  readonly ended: Promise<ServerExit>
  /** Resolves when nothing more can come into its log; never, while a child of it still holds its output open. */
  readonly drained: Promise<unknown>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Ends the whole tree; see `endTree`. */
  end(grace: number): Promise<readonly number[]>
}

export async function startProcess(
  words: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string | undefined> },
): Promise<ServerProcess> {
  startReaper()
  const [program, ...args] = words as [string, ...string[]]
  const child = spawn(program, args, {
    ...options,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  if (child.pid === undefined) {
    const [cause] = await once(child, 'error').catch((error) => [error])
    throw notStarted(program, cause)
  }
  const root: TreeRoot = { pid: child.pid, startTime: readProcess(child.pid)?.startTime }
  guard(root)

  // A server that was forgotten must not keep the test process alive: the reaper ends it afterwards.
  child.unref()
  const log = new LogTail()
  for (const stream of [child.stdout, child.stderr]) {
    log.follow(stream)
    ;(stream as unknown as Socket).unref()
  }
  const drained = new Promise((resolve) => child.once('close', resolve))
  let exit: ServerExit | undefined
  child.on('error', () => {})
  const ended = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal, at: performance.now() }
      resolve(exit)
    })
  })
  return {
    pid: root.pid,
    log,
    ended,
    drained,
    get exit() {
      return exit
    },
    signal: (signal) => signalTree(root, signal),
    async end(grace) {
      // Who waits for its exit must not run out of reasons to live before it is reported.
      child.ref()
      const left = await endTree(root, grace)
      if (left.length === 0) release(root.pid)
      return left
    },
  }
}

function notStarted(program: string, cause: NodeJS.ErrnoException): LoadTestError {
  const reason =
    cause.code === 'ENOENT'
      ? 'no such program was found; give its path, or a command that runs it such as "npx ..."'
      : cause.message
  // Without the cause: it holds every word of the command, secrets too.
  return new LoadTestError('server-failed', `serve(): '${program}' could not be started: ${reason}`)
}
