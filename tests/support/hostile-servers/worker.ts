// Runs one of the servers in a worker thread, so that it does not share the event loop of what loads it.
import { parentPort, workerData } from 'node:worker_threads'
import { type HostileOptions, startServer } from './hostile-server.ts'
import { type HostileName, servers } from './servers.ts'

const { name, options } = workerData as { name: HostileName; options: HostileOptions }
const server = await startServer(servers[name], options)
// What was already sent to the server is counted before the log is handed out.
const settle = 30
parentPort?.on('message', (question: 'log' | 'stop') => {
  if (question === 'log') setTimeout(() => parentPort?.postMessage(server.log()), settle)
  else server.stop().then(() => parentPort?.close())
})
parentPort?.postMessage(server.port)
