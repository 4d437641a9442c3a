// What the gateway and its workers do alike: start or say clearly why not, and leave when they are told to.
import { type Config, ConfigError, readConfig } from './config.ts'

const longestLeave = 5_000

export type Running = {
  /** What is printed: from now on it does its work. */
  readonly ready: string
  stop(): Promise<void>
}

export async function startProcess(start: (config: Config) => Promise<Running>): Promise<void> {
  try {
    const { ready, stop } = await start(readConfig(process.env))
    let leaving = false
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        if (!leaving) void leave(stop) // Ctrl-C and a supervisor may both say it
        leaving = true
      })
    }
    console.log(ready)
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `cannot start: ${reasonOf(error)}`)
    process.exit(1)
  }
}

async function leave(stop: () => Promise<void>): Promise<void> {
  setTimeout(() => process.exit(1), longestLeave).unref() // a client that never finishes must not keep the process
  try {
    await stop()
  } catch (error) {
    console.error(`cannot leave in order: ${reasonOf(error)}`)
    process.exit(1)
  }
}

/** A refused connection has its reasons inside: one for each address that was tried. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
