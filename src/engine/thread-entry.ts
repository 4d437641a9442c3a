// What runs inside a worker thread of the generator: one shard, from the moment that it is told, then the end.
import { parentPort, workerData } from 'node:worker_threads'
import { ShardCommands } from './shard-commands.ts'
import { machineTime, runShard, type ShardOrder } from './shard-run.ts'
import type { ThreadMessage, ThreadOrder } from './threads.ts'

const post = (message: ThreadMessage) => parentPort?.postMessage(message)
const controller = new AbortController()
const commands = new ShardCommands()
const begun = Promise.withResolvers<number>()
parentPort?.on('message', (order: ThreadOrder) => {
  if (order === 'abort') {
    controller.abort()
    begun.resolve(machineTime())
  } else if (typeof order === 'string') commands.send(order)
  else begun.resolve(order.begin)
})
post({ kind: 'ready' })

try {
  const order: ShardOrder = { ...workerData, begin: await begun.promise }
  const result = await runShard(order, {
    signal: controller.signal,
    commands,
    started: () => {},
    snapshot: (snapshot) => post({ kind: 'snapshot', snapshot }),
  })
  post({ kind: 'result', result })
} catch (error) {
  post({ kind: 'error', error })
} finally {
  parentPort?.close()
}
