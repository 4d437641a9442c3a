// Starts the server under load in a process of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { pinned } from './machine.ts'

export interface BenchServer extends AsyncDisposable {
  readonly url: string
  /** When each request arrived, ms on the server's clock. */
  arrivals(): Promise<readonly number[]>
}

/** Once, at a random moment `within` so long `after` the first request, the server stands still. Times in ms. */
export interface Freeze {
  readonly after: number
  readonly within: number
  readonly duration: number
}

/** @param isPinned to a core of its own, where that can be done */
export async function startServer(freeze?: Freeze, isPinned = true): Promise<BenchServer> {
  const entry = fileURLToPath(new URL('./server-process.ts', import.meta.url))
  const free = [process.execPath, entry, JSON.stringify(freeze ?? null)]
  const [command = '', ...args] = isPinned ? pinned(0, free) : free
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exit = once(child, 'exit')
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    async arrivals() {
      child.send('arrivals')
      const [times] = (await once(child, 'message')) as [number[]]
      return times
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await exit
    },
  }
}
