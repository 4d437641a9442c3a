// Contestants that load a server: each run has a fresh server of its own.
import type { Contestant, Sample } from './comparison.ts'
import { type BenchServer, type Freeze, startServer } from './server.ts'

export interface Attempt {
  readonly name: string
  readonly tool?: string
  readonly freeze?: Freeze
  run(url: string, server: BenchServer): Promise<Sample>
}

export function againstServer({ name, tool, freeze, run }: Attempt): Contestant {
  return {
    name,
    ...(tool === undefined ? {} : { tool }),
    async measure() {
      await using server = await startServer(freeze)
      return await run(server.url, server)
    },
  }
}
