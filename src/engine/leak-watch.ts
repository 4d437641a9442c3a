// Has the Node servers under load collect their garbage at marked moments, and lets the load go on until their heaps tell.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LeakPlan, ServerAllocations, ServerLeak } from '../core/leak.ts'
import { makeGuardedDirectory, removeGuardedDirectory } from './guarded-directory.ts'
import type { HeldSpan } from './heap-evidence.ts'
import type { ServerFile } from './server-files.ts'
import type { ShardCommands } from './shard-commands.ts'
import {
  collected,
  conclude,
  findHeaps,
  type HeapPlace,
  prepare,
  settle,
  settling,
  verdictOn,
  type WatchedHeap,
  withHeap,
} from './watched-heap.ts'

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

export interface LeakWatchParts extends Omit<HeapPlace, 'directory'> {
  readonly plan: LeakPlan
  readonly commands: ShardCommands
  /** How many iterations have ended so far, about now. */
  readonly completed: () => number
}

/** So many collections in the time that was asked for: what is judged needs 15 after the warm-up, which is 30 %. */
const samples = 30
/** In ms: a collection of a small heap takes 10 to 30. */
const leastGap = 300
/** Collections take at most this share of the time: less in loads of half a minute and more, where they are further apart. */
const mostShare = 0.25
/** What is told to threads arrives within so many ms. */
const arrival = 20

export async function watchLeaks(parts: LeakWatchParts): Promise<LeakWatch> {
  const { plan } = parts
  const directory = makeGuardedDirectory('heaps')
  const found = await findHeaps({ directory, keptAs: parts.keptAs, port: parts.port })
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

/** False when it is over before. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => {})
  return !signal.aborted
}
