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

export async function startServer(freeze?: Freeze): Promise<BenchServer> {
  const entry = fileURLToPath(new URL('./server-process.ts', import.meta.url))
  const [command = '', ...args] = pinned(0, [process.execPath, entry, JSON.stringify(freeze ?? null)])
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
