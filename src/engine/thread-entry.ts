// What runs inside the generator's worker thread: one shard, then the end.
import { parentPort, workerData } from 'node:worker_threads'
import { runShard, type ShardOrder } from './shard-run.ts'
import type { ThreadMessage } from './thread.ts'

const post = (message: ThreadMessage) => parentPort?.postMessage(message)
const controller = new AbortController()
parentPort?.on('message', () => controller.abort())

try {
  const result = await runShard(workerData as ShardOrder, {
    signal: controller.signal,
    started: (measuredStart) => post({ kind: 'started', measuredStart }),
    snapshot: (snapshot) => post({ kind: 'snapshot', snapshot }),
  })
  post({ kind: 'result', result })
} catch (error) {
  post({ kind: 'error', error })
}
