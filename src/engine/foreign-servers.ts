// Finds the servers of a run that serve() did not start: those that the call names, or whoever listens where the load goes.
import { readFileSync } from 'node:fs'
import type { Plan } from '../core/plan.ts'
import { Problems } from '../core/problems.ts'
import type { Address } from '../drivers/driver.ts'
import { listenersOn } from '../processes/listening-ports.ts'
import { type ProcessTable, readProcess, readProcessTable } from '../processes/process-table.ts'
import { processTree } from '../processes/process-tree.ts'
import { runningServers } from '../processes/running-servers.ts'
import { isLoopback } from './address-policy.ts'

/** Watched, and never signalled. */
export interface ForeignServer {
  readonly name: string
  readonly pid: number
  /** Tells it from a later process with the same pid; undefined where the platform has no such number. */
  readonly startTime: number | undefined
}

type Addresses = Readonly<Record<string, Address>>

/** @throws LoadTestError `invalid-options` for a pid that `monitor` names and that cannot be watched */
export async function checkMonitored({ monitor = [] }: Pick<Plan, 'monitor'>): Promise<void> {
  if (monitor.length === 0) return
  const table = await readProcessTable()
  const ancestors = lineOf(process.pid, table)
  const problems = new Problems('load()')
  for (const pid of monitor) {
    if (ancestors.has(pid)) {
      const role =
        pid === process.pid ? 'is the process that sends the load' : 'started the process that sends the load'
      problems.add('monitor', `${pid} ${role}: what the load costs would count as the server's; name the server alone`)
    } else if (!(table.size > 0 ? table.has(pid) : exists(pid))) {
      problems.expected('monitor', 'the pid of a process that runs', pid)
    }
  }
  problems.throwIfAny()
}

/** Each process once. On other platforms than Linux only those are known that are named. */
export async function foreignServers(
  { monitor }: Pick<Plan, 'monitor'>,
  addresses: Addresses,
): Promise<ForeignServer[]> {
  const named = monitor?.map((pid) => ({ name: `pid ${pid}`, pid }))
  const servers = named ?? (await listenersOf(addresses))
  // Those of ours are watched anyway, by their own names.
  const seen = new Set(runningServers().map(({ pid }) => pid))
  const others = servers.filter(({ pid }) => !seen.has(pid) && seen.add(pid))
  return others.map((server) => ({ ...server, startTime: readProcess(server.pid)?.startTime }))
}

/** Whether it has surely ended: who cannot be read for want of a descriptor may still run. */
export function hasEnded({ pid, startTime }: ForeignServer): boolean {
  const now = readProcess(pid)
  return !exists(pid) || (now !== undefined && now.startTime !== startTime)
}

async function listenersOf(addresses: Addresses): Promise<{ name: string; pid: number }[]> {
  const local = Object.entries(addresses).filter(([, { address }]) => isLoopback(address))
  const owned = local.map(([origin, { address, port }]) => ({
    name: `${new URL(origin).hostname}:${port}`,
    owners: listenersOn(address, port),
  }))
  if (owned.every(({ owners }) => owners.length === 0)) return []
  const table = await readProcessTable()
  const roots = runningServers().map(({ pid }) => pid)
  const served = new Set(roots.length > 0 ? processTree(table, roots) : [])
  return owned.flatMap(({ name, owners }) => {
    const pids = listenersToWatch(owners, { table, served, self: process.pid })
    return pids.map((pid) => ({ name: pids.length > 1 ? `${name} pid ${pid}` : name, pid }))
  })
}

export interface Surroundings {
  readonly table: ProcessTable
  /** What serve() started, with all their children. */
  readonly served: ReadonlySet<number>
  /** The process that sends the load. */
  readonly self: number
}

/** Who of those that hold a listening socket is to be watched, its children with it. */
export function listenersToWatch(owners: readonly number[], { table, served, self }: Surroundings): number[] {
  if (owners.some((pid) => pid === self || served.has(pid))) return []
  // An ancestor has the load generator itself among its children: Vitest's main process, or the init that holds a socket for others.
  const ancestors = lineOf(self, table)
  const candidates = owners.filter((pid) => table.has(pid) && !ancestors.has(pid) && !forwards(pid))
  const tops = new Set(candidates)
  return candidates.filter((pid) => ![...lineOf(pid, table)].some((other) => other !== pid && tops.has(other)))
}

// What they pass on is served by a process elsewhere: in a container, on another machine.
const forwarders = new Set([
  'docker-proxy',
  'rootlessport',
  'slirp4netns',
  'pasta',
  'pasta.avx2',
  'ssh',
  'kubectl',
  'socat',
])

function forwards(pid: number): boolean {
  try {
    return forwarders.has(readFileSync(`/proc/${pid}/comm`, 'utf8').trim())
  } catch {
    return false
  }
}

/** A process and all its ancestors. */
function lineOf(pid: number, table: ProcessTable): Set<number> {
  const line = new Set<number>()
  for (let next: number | undefined = pid; next && !line.has(next); next = table.get(next)?.ppid) line.add(next)
  return line
}

function exists(pid: number): boolean {
  try {
    // Signal 0 reaches nobody: it asks.
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
