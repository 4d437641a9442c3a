// Everything that is watched while a load goes on: servers, probes, relays, profiles and heaps, begun and ended together.
import { resolve } from 'node:path'
import type { ServerWhy } from '../core/explanation.ts'
import type { ServerAllocations, ServerLeak } from '../core/leak.ts'
import type { Plan } from '../core/plan.ts'
import type { ProbeReader } from '../core/probe.ts'
import type { Snapshot } from '../core/recording.ts'
import type { SeriesData } from '../core/series.ts'
import type { ServerUsage } from '../core/usage.ts'
import type { Address } from '../drivers/driver.ts'
import { type ProbeReport, watchProbes } from '../monitor/probes.ts'
import { watchAllocations } from './allocation-watch.ts'
import { CompletionCount } from './completion-count.ts'
import { type ExchangeReport, watchExchanges } from './exchange-watch.ts'
import { foreignServers } from './foreign-servers.ts'
import { type LeakWatch, watchLeaks } from './leak-watch.ts'
import { watchProfiles } from './profile-watch.ts'
import { fileName, type ServerFile } from './server-files.ts'
import { type ServerReport, type ServerWatch, watchServers } from './server-watch.ts'
import type { ShardCommands } from './shard-commands.ts'

export interface ObservationParts {
  /** Of the run. */
  readonly id: string
  readonly plan: Plan
  readonly addresses: Readonly<Record<string, Address>>
  readonly probes: Readonly<Record<string, ProbeReader>>
  readonly commands: ShardCommands
  readonly outputDir: string
  /** Aborted: the run ends before its time. */
  readonly signal: AbortSignal
}

export interface Observed {
  readonly servers: ServerReport
  readonly probes: ProbeReport
  readonly exchanges: ExchangeReport
  readonly why: readonly ServerWhy[]
  /** Undefined where nobody asked. */
  readonly allocations: readonly ServerAllocations[] | undefined
  /** Undefined where nobody asked. */
  readonly leaks: readonly ServerLeak[] | undefined
  /** They may hold secrets: to be kept or dropped. */
  readonly files: readonly ServerFile[]
}

export interface Observation extends AsyncDisposable {
  /** Before anything is sent: the measured time begins at `machine`, see `machineTime`, which is `start` of `performance.now()`. */
  begin(machine: number, start: number): void
  /** What is known of the run under way, about once a second. */
  note(snapshot: Snapshot): void
  latest: ServerWatch['latest']
  /** @param start of the measured time and `duration` its length, in ms of `performance.now()` */
  finish(start: number, duration: number): Promise<Observed>
}

/** Resolves when all of it is being watched. */
export async function observe({ plan, addresses, ...parts }: ObservationParts): Promise<Observation> {
  const progress = new CompletionCount()
  const servers = watchServers(await foreignServers(plan, addresses))
  const probes = watchProbes(parts.probes)
  const exchanges = await watchExchanges(plan, parts.signal)
  const profiles = await watchProfiles(plan, parts)
  const allocations = await watchAllocations(plan, parts)
  const leaks = await lookForLeaks(plan, progress, parts)
  return {
    begin(machine, start) {
      exchanges.begin(machine)
      leaks?.begin(start)
    },
    note: (snapshot) => progress.note(snapshot),
    latest: servers.latest,
    async finish(start, duration) {
      // First, for whatever goes through a relay now is no part of the run.
      const ofExchanges = await exchanges.finish()
      const [ofServers, ofProbes] = await Promise.all([servers.finish(start, duration), probes.finish(start, duration)])
      const { why, loopBusy, files } = await profiles.finish(ofServers.servers, { start, duration })
      const allocated = await allocations?.finish()
      const heaps = await leaks?.finish()
      return {
        servers: { ...ofServers, servers: ofServers.servers.map((server) => withLoop(server, loopBusy)) },
        probes: ofProbes,
        exchanges: ofExchanges,
        why,
        allocations: allocated?.allocations,
        leaks: heaps?.leaks,
        files: [...files, ...(allocated?.files ?? []), ...(heaps?.files ?? [])],
      }
    },
    async [Symbol.asyncDispose]() {
      for (const watch of [leaks, allocations, profiles, exchanges, probes, servers])
        await watch?.[Symbol.asyncDispose]()
    },
  }
}

function withLoop(server: ServerUsage, loops: ReadonlyMap<number, SeriesData>): ServerUsage {
  const loopBusy = loops.get(server.pid)
  return loopBusy ? { ...server, series: { ...server.series, loopBusy } } : server
}

async function lookForLeaks(
  { name: run, leaks: plan }: Plan,
  progress: CompletionCount,
  { id, commands, outputDir }: Pick<ObservationParts, 'id' | 'commands' | 'outputDir'>,
): Promise<LeakWatch | undefined> {
  if (plan === undefined) return undefined
  const keptAs = (server: string, extension: string) =>
    resolve(outputDir, 'heaps', fileName({ run, server, id }, extension))
  return watchLeaks({ plan, commands, completed: () => progress.now, keptAs })
}
