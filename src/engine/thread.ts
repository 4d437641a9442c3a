// Runs a shard in a worker thread, so that the caller's event loop is not the generator's.
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { LoadTestError } from '../core/errors.ts'
import type { Snapshot } from '../core/recorder.ts'
import type { ShardControl, ShardOrder, ShardResult } from './shard-run.ts'

export type ThreadMessage =
  | { readonly kind: 'started'; readonly measuredStart: number }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'result'; readonly result: ShardResult }
  | { readonly kind: 'error'; readonly error: unknown }

// The same file in the sources (.ts, run by Node's type stripping) and in the package (.js).
const entry = new URL(`./thread-entry${extname(import.meta.url)}`, import.meta.url)

export async function runShardInThread(order: ShardOrder, control: ShardControl): Promise<ShardResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ShardResult>()
  const worker = new Worker(entry, { workerData: order, execArgv: [], name: 'vitest-load generator' })
  const abort = () => worker.postMessage('abort')
  control.signal.addEventListener('abort', abort, { once: true })
  worker.on('message', (message: ThreadMessage) => {
    if (message.kind === 'started') control.started(message.measuredStart)
    else if (message.kind === 'snapshot') control.snapshot(message.snapshot)
    else if (message.kind === 'result') resolve(message.result)
    else reject(generatorFailed(message.error))
  })
  worker.on('error', (error) => reject(generatorFailed(error)))
  worker.on('exit', (code) =>
    reject(new LoadTestError('internal', `the load generator's thread ended with code ${code} before its run did`)),
  )
  if (control.signal.aborted) abort()
  try {
    return await promise
  } finally {
    control.signal.removeEventListener('abort', abort)
    await worker.terminate()
  }
}

/** An error loses its class on the way between threads. */
function generatorFailed(cause: unknown): LoadTestError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new LoadTestError('internal', `the load generator failed: ${why}`, { cause })
}
