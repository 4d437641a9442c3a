// Runs the shards of a plan in worker threads, so that the caller's event loop is not the generator's.
import { extname } from 'node:path'
import { clearTimeout, setTimeout } from 'node:timers'
import { Worker } from 'node:worker_threads'
import { LoadTestError } from '../core/errors.ts'
import { mergeSnapshots, type Snapshot } from '../core/recording.ts'
import type { ShardCommand } from './shard-commands.ts'
import { machineTime, type ShardControl, type ShardOrder, type ShardResult } from './shard-run.ts'

export type ThreadMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'result'; readonly result: ShardResult }
  | { readonly kind: 'error'; readonly error: unknown }

/** What a thread is told: when all of them begin, to stop at once, or what all who send a run's load are told. */
export type ThreadOrder = { readonly begin: number } | 'abort' | ShardCommand

/** How long a thread may take to end that has nothing more to do. */
const patience = 2000

// The same file in the sources (.ts, run by Node's type stripping) and in the package (.js).
const entry = new URL(`./thread-entry${extname(import.meta.url)}`, import.meta.url)

/** As many threads as the plan has workers: they start at once, and wait for the word to begin. */
export class GeneratorThreads implements AsyncDisposable {
  readonly #threads: readonly GeneratorThread[]
  readonly #warmup: number

  constructor(order: Omit<ShardOrder, 'shard' | 'begin'>) {
    const { workers: of, warmup } = order.plan
    this.#threads = Array.from({ length: of }, (_, index) => new GeneratorThread({ ...order, shard: { index, of } }))
    this.#warmup = warmup
  }

  /** All of them at the same moment; what each recorded. Once only: they are gone afterwards. */
  async run(control: ShardControl): Promise<ShardResult[]> {
    const threads = this.#threads
    const abort = () => {
      for (const thread of threads) thread.tell('abort')
    }
    const deaf = control.commands.listen((command) => {
      for (const thread of threads) thread.tell(command)
    })
    control.signal.addEventListener('abort', abort, { once: true })
    try {
      await Promise.all(threads.map((thread) => thread.ready))
      const begin = machineTime()
      control.started(begin + this.#warmup)
      watch(threads, control)
      for (const thread of threads) thread.tell({ begin })
      if (control.signal.aborted) abort()
      return await Promise.all(threads.map((thread) => thread.result))
    } finally {
      deaf()
      control.signal.removeEventListener('abort', abort)
      await this[Symbol.asyncDispose]()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()))
  }
}

/** About once a second: whenever the first thread that still sends tells of itself, with the newest of the others. */
function watch(threads: readonly GeneratorThread[], control: ShardControl): void {
  for (const thread of threads) {
    thread.onSnapshot(() => {
      if (thread !== threads.find(({ isOver }) => !isOver)) return
      control.snapshot(mergeSnapshots(threads.flatMap(({ newest }) => newest ?? [])))
    })
  }
}

class GeneratorThread {
  readonly ready: Promise<void>
  readonly result: Promise<ShardResult>
  newest: Snapshot | undefined
  isOver = false
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #notify: () => void = () => {}

  constructor(order: ShardOrder) {
    const ready = Promise.withResolvers<void>()
    const result = Promise.withResolvers<ShardResult>()
    const fail = (error: LoadTestError) => {
      ready.reject(error)
      result.reject(error)
    }
    this.#worker = new Worker(entry, { workerData: order, execArgv: [], name: 'vitest-load generator' })
    const exited = Promise.withResolvers<void>()
    this.#exited = exited.promise
    this.#worker.on('message', (message: ThreadMessage) => {
      if (message.kind === 'ready') ready.resolve()
      else if (message.kind === 'snapshot') this.#heard(message.snapshot)
      else if (message.kind === 'result') {
        this.isOver = true
        result.resolve(message.result)
      } else fail(generatorFailed(message.error))
    })
    this.#worker.on('error', (error) => fail(generatorFailed(error)))
    this.#worker.on('exit', (code) => {
      exited.resolve()
      fail(new LoadTestError('internal', `the load generator's thread ended with code ${code} before its run did`))
    })
    // Whoever waits for all threads hears of the first that fails; the others are ended.
    for (const promise of [ready.promise, result.promise]) promise.catch(() => {})
    this.ready = ready.promise
    this.result = result.promise
  }

  onSnapshot(notify: () => void): void {
    this.#notify = notify
  }

  tell(order: ThreadOrder): void {
    this.#worker.postMessage(order)
  }

  /** Lets it end by itself: V8 has been seen to abort the process when a thread was terminated in the middle of its work. */
  async end(): Promise<void> {
    this.tell('abort')
    const late = setTimeout(() => this.#worker.terminate(), patience)
    await this.#exited
    clearTimeout(late)
  }

  #heard(snapshot: Snapshot): void {
    this.newest = snapshot
    this.#notify()
  }
}

/** An error loses its class on the way between threads. */
function generatorFailed(cause: unknown): LoadTestError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new LoadTestError('internal', `the load generator failed: ${why}`, { cause })
}
