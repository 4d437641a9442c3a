// Has the Node servers under load collect their garbage at marked moments, and lets the load go on until their heaps tell.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LeakVerdict, testLeak } from '../analysis/leak-test.ts'
import type { LeakPlan, ServerAllocations, ServerLeak } from '../core/leak.ts'
import type { ServingProcess } from '../core/process-name.ts'
import { formatSpan } from '../core/units.ts'
import { type AgentLink, agentLink, type SendOptions } from '../monitor/agent-link.ts'
import { agentAccess, runningServers } from '../processes/running-servers.ts'
import { makeGuardedDirectory, removeGuardedDirectory } from './guarded-directory.ts'
import { HeapEvidence, type HeldSpan, heapsOf } from './heap-evidence.ts'
import type { ServerFile } from './server-files.ts'
import type { ShardCommands } from './shard-commands.ts'

export interface LeakReport {
  readonly leaks: readonly ServerLeak[]
  /** Leaking or not. */
  readonly allocations: readonly ServerAllocations[]
  readonly files: readonly ServerFile[]
}

export interface LeakWatch extends AsyncDisposable {
  /** The measured time begins at `start`, in ms of `performance.now()`. */
  begin(start: number): void
  /** By pid: collections and snapshots until now. */
  held(): ReadonlyMap<number, readonly HeldSpan[]>
  /** The load is over. */
  finish(): Promise<LeakReport>
}

export interface HeapProcess {
  readonly server: string
  readonly pid: number
}

export interface LeakWatchParts {
  readonly plan: LeakPlan
  readonly commands: ShardCommands
  /** How many iterations have ended so far, about now. */
  readonly completed: () => number
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

/** So many collections in the time that was asked for: what is judged needs 15 after the warm-up, which is 30 %. */
const samples = 30
/** In ms: a collection of a small heap takes 10 to 30. */
const leastGap = 300
/** Collections take at most this share of the time: less in loads of half a minute and more, where they are further apart. */
const mostShare = 0.25
/** What is told to threads arrives within so many ms. */
const arrival = 20
/** What was allocated for answers under way is let go so soon after the load. */
const settling = 1000
/** What works off a queue is waited for so long, for as long as it lets go of so many bytes in `settling`. */
const longestSettling = 10_000
const leastLetGo = 50_000

export async function watchLeaks(parts: LeakWatchParts): Promise<LeakWatch> {
  const { plan } = parts
  const directory = makeGuardedDirectory('heaps')
  const found = await findHeaps(directory, parts)
  await Promise.all(found.map(prepare))
  const heaps = withHeap(found)
  const stopped = new AbortController()
  let going: Promise<void> | undefined
  let isOver = false
  return {
    begin(start) {
      going = conduct(heaps, { ...parts, start, signal: stopped.signal })
    },
    held: () => new Map(heaps.map(({ pid, held, evidence }) => [pid, [...held, ...evidence.held]])),
    async finish() {
      stopped.abort()
      await going
      await sleep(settling)
      await Promise.all(heaps.map((heap) => settle(heap, plan)))
      const leaks = await Promise.all(
        heaps.map((heap) =>
          conclude(heap, { plan, hasAll: heap.isTarget || (parts.port === undefined && found.length === 1) }),
        ),
      )
      const files = heaps.flatMap(({ evidence }) => evidence.files)
      if (files.length === 0) removeGuardedDirectory(directory)
      isOver = true
      const seen = heaps.map(({ server, evidence }) => ({ ...server, ...evidence.allocations() }))
      return { leaks, allocations: seen.filter(({ sites }) => sites.length > 0), files }
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await going
      if (isOver) return
      await Promise.all(heaps.map(({ evidence }) => evidence.finish()))
      removeGuardedDirectory(directory)
    },
  }
}

async function findHeaps(directory: string, { keptAs, port }: LeakWatchParts): Promise<readonly WatchedHeap[]> {
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

async function prepare(heap: WatchedHeap): Promise<void> {
  heap.before = await collected(heap)
  if (heap.lost === undefined) await heap.evidence.begin()
}

/** Bytes of the heap after a forced collection. */
async function collected(heap: WatchedHeap): Promise<number | null> {
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

interface Conduct extends LeakWatchParts {
  readonly start: number
  readonly signal: AbortSignal
}

/** Until all heaps tell, or the time is over; then the load is told to finish. */
async function conduct(heaps: readonly WatchedHeap[], parts: Conduct): Promise<void> {
  const { plan, commands, start, signal } = parts
  const planned = plan.duration / samples
  let check = start + plan.duration
  let next = start
  while (!signal.aborted) {
    if (!(await pause(next - performance.now(), signal))) return
    const taken = await moment(parts, () => Promise.all(heaps.map((heap) => takeSample(heap, parts))))
    next = Math.max(next + planned, performance.now() + Math.max(leastGap, taken / mostShare))
    if (performance.now() < check) continue
    const verdicts = heaps.filter(({ lost }) => lost === undefined).map((heap) => verdictOn(heap, plan).verdict)
    const isOpen = verdicts.includes('inconclusive')
    if (isOpen && check < start + plan.duration + plan.extension) {
      check = Math.min(check + plan.duration, start + plan.duration + plan.extension)
      continue
    }
    if (plan.snapshots) await takeSnapshots(heaps, parts)
    commands.send('finish')
    return
  }
}

/** Latency ignores what is under way in it. Returns how long the work took, in ms. */
async function moment({ commands }: LeakWatchParts, work: () => Promise<unknown>): Promise<number> {
  commands.send('mark')
  await sleep(arrival)
  const began = performance.now()
  await work()
  const taken = performance.now() - began
  // What has piled up meanwhile is answered first.
  await sleep(Math.min(500, taken))
  commands.send('unmark')
  return taken
}

async function takeSample(heap: WatchedHeap, { start, completed }: Conduct): Promise<void> {
  const bytes = await collected(heap)
  if (bytes === null) return
  heap.at.push(performance.now() - start)
  heap.bytes.push(bytes)
  heap.requests.push(completed())
}

const snapshotsUnderLoad = 2

/** Of those that leak, one after the other: each holds its server up for as long as it takes. */
async function takeSnapshots(heaps: readonly WatchedHeap[], parts: Conduct): Promise<void> {
  const leaking = heaps.filter((heap) => verdictOn(heap, parts.plan).verdict === 'leak')
  if (leaking.length === 0) return
  const between = Math.max(1000, parts.plan.duration / 20)
  for (let count = 0; count < snapshotsUnderLoad; count++) {
    for (const { evidence, bytes } of leaking) await moment(parts, () => evidence.takeSnapshot(bytes.at(-1) ?? 0))
    if (!(await pause(between, parts.signal))) return
  }
}

/** The last snapshot has nothing of the connections that piled up while those under load were taken. */
async function settle(heap: WatchedHeap, plan: LeakPlan): Promise<void> {
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

function verdictOn({ at, bytes, requests }: WatchedHeap, { minGrowth }: LeakPlan): LeakVerdict {
  return testLeak({ at, bytes, requests }, minGrowth === undefined ? {} : { minGrowth })
}

interface Conclusion {
  readonly plan: LeakPlan
  /** No other process has done any of the iterations. */
  readonly hasAll: boolean
}

async function conclude(heap: WatchedHeap, { plan, hasAll }: Conclusion): Promise<ServerLeak> {
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

/** False when it is over before. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => {})
  return !signal.aborted
}
