// The process: reads the environment, listens, and on SIGTERM or SIGINT finishes what is in flight before it leaves.
import { buildApp } from './app.ts'

const app = buildApp({ webhookSecret: process.env.WEBHOOK_SECRET || undefined, log: process.env.LOG === '1' })

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    setTimeout(() => process.exit(1), 5_000).unref() // a client that never finishes must not keep the process
    void app.close()
  })
}

const address = await app.listen({ host: '127.0.0.1', port: portFrom(process.env.PORT ?? '3000') })
console.log(`gateway listens on ${address}`)

function portFrom(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= 65_535) return port
  console.error(`PORT: expected a whole number from 0 to 65535, got '${text}'`)
  process.exit(1)
}
