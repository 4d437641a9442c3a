// Starts a server whose every delay is known and who keeps its own log: what a measurement is compared with.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'

/** Times see `machineTime`. */
export interface ServedRequest {
  /** What the header `x-iteration` said; without it the answer comes at once. */
  readonly iteration: number | undefined
  readonly arrived: number
  readonly answered: number
}

/** Milliseconds on a clock that all processes of the machine share. */
export function machineTime(): number {
  return performance.timeOrigin + performance.now()
}

export interface TruthServer extends AsyncDisposable {
  readonly url: string
  log(): Promise<readonly ServedRequest[]>
  /** The longest that its event loop was held up so far, ms: what the machine, not the delay, can have added. */
  heldUp(): Promise<number>
  /** Stops the whole process in its tracks; what arrives meanwhile waits in the kernel. */
  freeze(): void
  thaw(): void
}

export async function startTruthServer(seed = 1, longest = 1000): Promise<TruthServer> {
  const entry = new URL('./truth-server-process.ts', import.meta.url)
  const child = fork(entry, [String(seed), String(longest)], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [port] = (await once(child, 'message')) as [number]
  return {
    url: `http://127.0.0.1:${port}`,
    log: () => ask<ServedRequest[]>(child, 'log'),
    heldUp: () => ask<number>(child, 'heldUp'),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    [Symbol.asyncDispose]: () => end(child),
  }
}

async function ask<Answer>(child: ChildProcess, question: 'log' | 'heldUp'): Promise<Answer> {
  child.send(question)
  const [answer] = (await once(child, 'message')) as [Answer]
  return answer
}

async function end(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** The sample at the rank that a percentile has by definition: the smallest that at least a share q does not exceed. */
export function truePercentile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.ceil(q * sorted.length) - 1] as number
}
