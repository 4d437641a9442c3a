// Has the Node servers under load sample who allocates, from its start to its end, and says what of it is still alive.
import { resolve } from 'node:path'
import type { ServerAllocations } from '../core/leak.ts'
import type { Plan } from '../core/plan.ts'
import { agentLink } from '../monitor/agent-link.ts'
import { agentAccess, runningServers } from '../processes/running-servers.ts'
import { makeGuardedDirectory, removeGuardedDirectory } from './guarded-directory.ts'
import { HeapEvidence, heapsOf } from './heap-evidence.ts'
import type { ProfilePlace } from './profile-watch.ts'
import { fileName, type ServerFile } from './server-files.ts'

export interface AllocationReport {
  readonly allocations: readonly ServerAllocations[]
  readonly files: readonly ServerFile[]
}

export interface AllocationWatch extends AsyncDisposable {
  /** All garbage is collected before what is left is looked at. */
  finish(): Promise<AllocationReport>
}

/** Undefined where nobody asked, and where leaks are looked for, which has them sampled as well. */
export async function watchAllocations(
  { name: run, allocations, leaks }: Plan,
  { id, outputDir }: ProfilePlace,
): Promise<AllocationWatch | undefined> {
  if (allocations === 'off' || leaks !== undefined) return undefined
  const directory = makeGuardedDirectory('allocations')
  const found = runningServers().map(async (server) => {
    const access = agentAccess.get(server)
    if (!access) return []
    const { name } = server
    const addresses = await heapsOf(agentLink(access))
    return addresses.map(({ link, pid, ...several }) => {
      const keptAs = (extension: string) =>
        resolve(outputDir, 'heaps', fileName({ run, server: name, pid: pid ?? server.pid, id }, extension))
      const collect = () => link.send({ name: 'gc' }, pid === undefined ? {} : { pid })
      return { server: name, ...several, collect, evidence: new HeapEvidence({ link, pid }, { directory, keptAs }) }
    })
  })
  const servers = (await Promise.all(found)).flat()
  await Promise.all(servers.map(({ evidence }) => evidence.begin()))
  let isOver = false
  return {
    async finish() {
      isOver = true
      await Promise.allSettled(servers.map(({ collect }) => collect()))
      await Promise.all(servers.map(({ evidence }) => evidence.finish()))
      const files = servers.flatMap(({ evidence }) => evidence.files)
      if (files.length === 0) removeGuardedDirectory(directory)
      const seen = servers.map(({ evidence, collect: _, ...server }) => ({ ...server, ...evidence.allocations() }))
      return { allocations: seen.filter(({ sites }) => sites.length > 0), files }
    },
    async [Symbol.asyncDispose]() {
      if (isOver) return
      await Promise.all(servers.map(({ evidence }) => evidence.finish()))
      removeGuardedDirectory(directory)
    },
  }
}
