// The gateway process: listens, and when it is told to leave finishes what is in flight before it does.
import { buildApp } from './app.ts'
import { startProcess } from './start.ts'

await startProcess(async (config) => {
  const app = await buildApp(config, (error) => console.error(`gateway: ${error.stack}`))
  const address = await app.listen({ host: '127.0.0.1', port: config.port })
  return { ready: `gateway listens on ${address}`, stop: () => app.close() }
})
