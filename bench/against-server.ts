// Contestants that load a server: each run has a fresh server of its own.
import type { Contestant, Sample } from './comparison.ts'
import { type BenchServer, type Freeze, startServer } from './server.ts'

export interface Attempt {
  readonly name: string
  readonly tool?: string
  readonly freeze?: Freeze
  /** Of the server, to a core of its own. Default: true. */
  readonly isPinned?: boolean
  run(url: string, server: BenchServer): Promise<Sample>
}

export function againstServer({ name, tool, freeze, isPinned = true, run }: Attempt): Contestant {
  return {
    name,
    ...(tool === undefined ? {} : { tool }),
    async measure() {
      await using server = await startServer(freeze, isPinned)
      return await run(server.url, server)
    },
  }
}
