// The heap of one Node process while leaks are looked for: its collections, how it settles after the load, what is concluded.
import { setTimeout as sleep } from 'node:timers/promises'
import { type LeakVerdict, testLeak } from '../analysis/leak-test.ts'
import type { LeakPlan, ServerLeak } from '../core/leak.ts'
import type { ServingProcess } from '../core/process-name.ts'
import { formatSpan } from '../core/units.ts'
import { type AgentLink, agentLink, type SendOptions } from '../monitor/agent-link.ts'
import { agentAccess, runningServers } from '../processes/running-servers.ts'
import { HeapEvidence, type HeldSpan, heapsOf } from './heap-evidence.ts'

export interface HeapProcess {
  readonly server: string
  readonly pid: number
}

export interface HeapPlace {
  readonly directory: string
  readonly keptAs: (process: HeapProcess, extension: string) => string
  /** The only port that the load goes to, if it is one. */
  readonly port: number | undefined
}

/** Of one Node process, of which a cluster has several. */
export interface WatchedHeap {
  readonly server: ServingProcess
  /** All of the load goes to it, and to no other process of its server. */
  readonly isTarget: boolean
  readonly link: AgentLink
  /** From the first collection to the last: the heap of whoever comes after it is another. */
  readonly to: SendOptions
  readonly pid: number
  readonly evidence: HeapEvidence
  /** Its collections. */
  readonly held: HeldSpan[]
  readonly at: number[]
  readonly bytes: number[]
  readonly requests: number[]
  before: number | null
  after: number | null
  /** Whether it still let go of something when nobody waited for that any more. */
  isSettling: boolean
  /** Why there is nothing more to be had of it. */
  lost: string | undefined
}

/** What was allocated for answers under way is let go so soon after the load. */
export const settling = 1000
/** What works off a queue is waited for so long, for as long as it lets go of so many bytes in `settling`. */
const longestSettling = 10_000
const leastLetGo = 50_000

export async function findHeaps({ directory, keptAs, port }: HeapPlace): Promise<readonly WatchedHeap[]> {
  const found = runningServers().map(async (server) => {
    const access = agentAccess.get(server)
    if (!access) return []
    const { name } = server
    const addresses = await heapsOf(agentLink(access))
    return addresses.map(({ link, pid, ...several }) => {
      const place = {
        directory,
        keptAs: (extension: string) => keptAs({ server: name, pid: pid ?? server.pid }, extension),
      }
      const evidence = new HeapEvidence({ link, pid }, place)
      const to = pid === undefined ? {} : { pid }
      const nothing = { before: null, after: null, isSettling: false, lost: undefined, held: [] }
      const isTarget = several.process === undefined && port === Number(new URL(server.url).port)
      return {
        server: { server: name, ...several },
        pid: pid ?? server.pid,
        isTarget,
        link,
        to,
        evidence,
        at: [],
        bytes: [],
        requests: [],
        ...nothing,
      }
    })
  })
  return (await Promise.all(found)).flat()
}

/** What is no server of Node, such as a database, has no heap to ask for: beside one that has, it is left out. */
export function withHeap<Each extends Pick<WatchedHeap, 'before' | 'link'>>(found: readonly Each[]): readonly Each[] {
  if (found.every(({ before }) => before === null)) return found
  return found.filter(({ before, link }) => before !== null || link.isNode())
}

export async function prepare(heap: WatchedHeap): Promise<void> {
  heap.before = await collected(heap)
  if (heap.lost === undefined) await heap.evidence.begin()
}

/** Bytes of the heap after a forced collection. */
export async function collected(heap: WatchedHeap): Promise<number | null> {
  if (heap.lost !== undefined) return null
  try {
    const { start, end, heapUsed } = await heap.link.send({ name: 'gc' }, heap.to)
    heap.held.push({ start, end })
    return heapUsed
  } catch (error) {
    heap.lost = (error as Error).message
    return null
  }
}

/** The last snapshot has nothing of the connections that piled up while those under load were taken. */
export async function settle(heap: WatchedHeap, plan: LeakPlan): Promise<void> {
  heap.after = await collected(heap)
  if (verdictOn(heap, plan).verdict === 'leak') await waitForQueue(heap)
  await heap.evidence.finish()
  if (heap.evidence.hasSnapshots) await heap.evidence.takeSnapshot(heap.after ?? 0)
}

async function waitForQueue(heap: WatchedHeap): Promise<void> {
  for (let waited = 0; waited < longestSettling; waited += settling) {
    await sleep(settling)
    const now = await collected(heap)
    heap.isSettling = now !== null && heap.after !== null && heap.after - now > leastLetGo
    if (!heap.isSettling) return
    heap.after = now
  }
}

export function verdictOn({ at, bytes, requests }: WatchedHeap, { minGrowth }: LeakPlan): LeakVerdict {
  return testLeak({ at, bytes, requests }, minGrowth === undefined ? {} : { minGrowth })
}

export interface Conclusion {
  readonly plan: LeakPlan
  /** No other process has done any of the iterations. */
  readonly hasAll: boolean
}

export async function conclude(heap: WatchedHeap, { plan, hasAll }: Conclusion): Promise<ServerLeak> {
  const { server, at, bytes, before, after, lost, evidence } = heap
  const found = letGo(heap, verdictOn(heap, plan))
  const isLeak = found.verdict === 'leak'
  const constructors = isLeak ? evidence.constructors() : []
  const unnamed = isLeak && constructors.length === 0 && evidence.remark
  return {
    ...server,
    verdict: lost === undefined ? found.verdict : 'inconclusive',
    reason: lost ?? (unnamed ? `${found.reason}; ${unnamed}` : found.reason),
    perHour: found.perHour,
    perRequest: (hasAll ? found.perRequest : undefined) ?? null,
    growth: found.growth,
    window: found.window,
    heap: { unit: 'bytes', at, values: bytes },
    ...{ before, after },
    constructors,
    sites: isLeak ? evidence.sites() : [],
    files: isLeak ? evidence.shownFiles : [],
  }
}

/** What waits in a queue that grows is no leak: it goes when the load does. */
export function letGo(
  { before, after, isSettling }: Pick<WatchedHeap, 'before' | 'after' | 'isSettling'>,
  found: LeakVerdict,
): LeakVerdict {
  const { verdict, growth } = found
  if (verdict !== 'leak' || before === null || after === null || growth === null) return found
  if (!isSettling && after - before > growth / 2) return found
  const what = isSettling
    ? `and ${formatSpan(longestSettling)} after the load it was still let go`
    : 'but most of that was let go when the load was over'
  return { ...found, verdict: 'inconclusive', reason: `${found.reason}, ${what}: work that waits looks like that` }
}
