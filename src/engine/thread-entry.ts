// What runs inside a worker thread of the generator: one shard, from the moment that it is told, then the end.
import { parentPort, workerData } from 'node:worker_threads'
import { runShard, type ShardOrder } from './shard-run.ts'
import type { ThreadMessage, ThreadOrder } from './threads.ts'

const post = (message: ThreadMessage) => parentPort?.postMessage(message)
const controller = new AbortController()
const begun = Promise.withResolvers<number>()
parentPort?.on('message', (order: ThreadOrder) => {
  if (order === 'abort') controller.abort()
  else begun.resolve(order.begin)
})
post({ kind: 'ready' })

try {
  const order: ShardOrder = { ...workerData, begin: await begun.promise }
  const result = await runShard(order, {
    signal: controller.signal,
    started: () => {},
    snapshot: (snapshot) => post({ kind: 'snapshot', snapshot }),
  })
  post({ kind: 'result', result })
} catch (error) {
  post({ kind: 'error', error })
} finally {
  parentPort?.close()
}
