// Everything that is watched while a load goes on: servers, probes, relays, profiles and heaps, begun and ended together.
import { resolve } from 'node:path'
import type { Work } from '../analysis/explain.ts'
import type { ServerWhy } from '../core/explanation.ts'
import type { ServerAllocations, ServerLeak } from '../core/leak.ts'
import type { Plan } from '../core/plan.ts'
import type { ProbeReader } from '../core/probe.ts'
import type { Snapshot } from '../core/recording.ts'
import type { ServerUsage } from '../core/usage.ts'
import type { Address } from '../drivers/driver.ts'
import { type ProbeReport, watchProbes } from '../monitor/probes.ts'
import { type AllocationWatch, watchAllocations } from './allocation-watch.ts'
import { CompletionCount } from './completion-count.ts'
import { type ExchangeReport, watchExchanges } from './exchange-watch.ts'
import { foreignServers } from './foreign-servers.ts'
import { type LeakWatch, watchLeaks } from './leak-watch.ts'
import { type ProfileReport, type ProfileWatch, watchProfiles } from './profile-watch.ts'
import { fileName, type ServerFile } from './server-files.ts'
import { type ServerReport, type ServerWatch, watchServers } from './server-watch.ts'
import type { ShardCommands } from './shard-commands.ts'
import type { HeapProcess } from './watched-heap.ts'

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
  finish(start: number, duration: number, work: Work): Promise<Observed>
}

/** Resolves when all of it is being watched. */
export async function observe({ plan, addresses, ...parts }: ObservationParts): Promise<Observation> {
  const progress = new CompletionCount()
  const begun: (AsyncDisposable | undefined)[] = []
  const end = async (): Promise<void> => {
    const ends: Promise<unknown>[] = begun.toReversed().map(async (watch) => await watch?.[Symbol.asyncDispose]())
    const failed = (await Promise.allSettled(ends)).find((each) => each.status === 'rejected')
    if (failed) throw failed.reason
  }
  const noted = <Watch extends AsyncDisposable | undefined>(watch: Watch): Watch => {
    begun.push(watch)
    return watch
  }
  try {
    const servers = noted(watchServers(await foreignServers(plan, addresses)))
    const probes = noted(watchProbes(parts.probes))
    const exchanges = noted(await watchExchanges(plan, parts.signal))
    const profiles = noted(await watchProfiles(plan, parts))
    const allocations = noted(await watchAllocations(plan, parts))
    const leaks = noted(await lookForLeaks(plan, progress, { ...parts, addresses }))
    return together({ servers, probes, exchanges, profiles, allocations, leaks, plan, progress, end })
  } catch (error) {
    await end().catch(() => {})
    throw error
  }
}

interface Watches {
  readonly servers: ServerWatch
  readonly probes: ReturnType<typeof watchProbes>
  readonly exchanges: Awaited<ReturnType<typeof watchExchanges>>
  readonly profiles: ProfileWatch
  readonly allocations: AllocationWatch | undefined
  readonly leaks: LeakWatch | undefined
  readonly plan: Plan
  readonly progress: CompletionCount
  readonly end: () => Promise<void>
}

function together(watches: Watches): Observation {
  const { servers, probes, exchanges, profiles, allocations, leaks, plan, progress, end } = watches
  return {
    begin(machine, start) {
      servers.begin()
      exchanges.begin(machine)
      leaks?.begin(start)
    },
    note: (snapshot) => progress.note(snapshot),
    latest: servers.latest,
    async finish(start, duration, work) {
      // First, for whatever goes through a relay now is no part of the run.
      const ofExchanges = await exchanges.finish()
      const [ofServers, ofProbes] = await Promise.all([servers.finish(start, duration), probes.finish(start, duration)])
      const { why, loopBusy, files, unseen } = await profiles.finish(ofServers.servers, {
        ...{ start, duration, work },
        held: leaks?.held() ?? new Map(),
      })
      const allocated = await allocations?.finish()
      const heaps = await leaks?.finish()
      return {
        servers: {
          ...ofServers,
          servers: ofServers.servers.map((server) => withProfile(server, { loopBusy, unseen })),
        },
        probes: ofProbes,
        exchanges: ofExchanges,
        why,
        allocations: allocated?.allocations ?? (plan.allocations === 'off' ? undefined : heaps?.allocations),
        leaks: heaps?.leaks,
        files: [...files, ...(allocated?.files ?? []), ...(heaps?.files ?? [])],
      }
    },
    [Symbol.asyncDispose]: end,
  }
}

function withProfile(
  server: ServerUsage,
  { loopBusy: loops, unseen }: Pick<ProfileReport, 'loopBusy' | 'unseen'>,
): ServerUsage {
  const loopBusy = loops.get(server.pid)
  return {
    ...server,
    series: { ...server.series, ...(loopBusy && { loopBusy }) },
    unseen: [...server.unseen, ...(unseen.get(server.pid) ?? [])],
  }
}

async function lookForLeaks(
  { name: run, leaks: plan }: Plan,
  progress: CompletionCount,
  { id, commands, outputDir, addresses }: Pick<ObservationParts, 'id' | 'commands' | 'outputDir' | 'addresses'>,
): Promise<LeakWatch | undefined> {
  if (plan === undefined) return undefined
  const keptAs = (process: HeapProcess, extension: string) =>
    resolve(outputDir, 'heaps', fileName({ run, id, ...process }, extension))
  const [first, ...others] = new Set(Object.values(addresses).map(({ port }) => port))
  const port = others.length === 0 ? first : undefined
  return watchLeaks({ plan, commands, completed: () => progress.now, keptAs, port })
}
