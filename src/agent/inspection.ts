// Asks V8 through its inspector, within this process and without a port: garbage, profiles, snapshots.
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { type HeapProfiler, type InspectorNotification, type Profiler, Session } from 'node:inspector'
import { getHeapStatistics } from 'node:v8'
import type { Answer, Command, Held, InspectionName, ProfiledScript } from './message.ts'
import { hostTime, profiling } from './observation.ts'

const ownerOnly = { mode: 0o600 }
const defaultAllocationInterval = 32_768
/** Of a profile and of an allocation sampling that go on. */
const open: { profile?: Session | undefined; allocations?: Session | undefined } = {}

/** Whoever asked is gone: nothing goes on that only costs. */
export function release(): void {
  void discardProfile()
  void discardAllocations()
}

export function inspect(command: Command<InspectionName>): Promise<Answer<InspectionName>> {
  switch (command.name) {
    case 'gc':
      return collectGarbage()
    case 'profile-start':
      return startProfile(command.interval)
    case 'profile-discard':
      return discardProfile()
    case 'profile-stop':
      return stopProfile(command.path)
    case 'allocations-start':
      return startAllocations(command.interval ?? defaultAllocationInterval)
    case 'allocations-discard':
      return discardAllocations()
    case 'allocations-stop':
      return stopAllocations(command.path)
    case 'snapshot':
      return takeSnapshot(command.path)
    default:
      return Promise.reject(new Error(`the agent knows no command '${(command as { name: string }).name}'`))
  }
}

async function collectGarbage(): Promise<Answer<'gc'>> {
  const session = connected()
  try {
    const held = await timed(() => post(session, 'HeapProfiler.collectGarbage'))
    return { ...held, heapUsed: getHeapStatistics().used_heap_size }
  } finally {
    session.disconnect()
  }
}

async function startProfile(interval: number): Promise<Held> {
  if (open.profile) throw new Error('a CPU profile is being taken already')
  const session = connected()
  open.profile = session
  profiling.isOn = true
  await post(session, 'Profiler.enable')
  await post(session, 'Profiler.setSamplingInterval', { interval })
  await forgetLoopCode(session)
  return timed(() => post(session, 'Profiler.start'))
}

async function discardProfile(): Promise<object> {
  open.profile?.disconnect()
  if (open.profile) endProfiling()
  open.profile = undefined
  return {}
}

function endProfiling(): void {
  profiling.isOn = false
  profiling.wasOn = true
}

/**
 * V8 tells a profile of the code that functions have, but not of code that it made for a loop under way (OSR): the time of such a
 * function would count for its caller. Nothing but the loop's next run asks for that code, so that a collection takes it away, and
 * what is made anew is told of. It comes before the profile, which then has less code to be told of.
 */
function forgetLoopCode(session: Session): Promise<void> {
  return post(session, 'HeapProfiler.collectGarbage')
}

async function stopProfile(path: string): Promise<Answer<'profile-stop'>> {
  const session = taken('profile')
  return writeProfile(path, session, async () => {
    const { profile } = await post<{ profile: Profiler.Profile }>(session, 'Profiler.stop')
    endProfiling()
    return { profile, wanted: new Set(profile.nodes.map(({ callFrame }) => callFrame.scriptId)) }
  })
}

interface Taken {
  readonly profile: object
  /** Ids of its scripts. */
  readonly wanted: ReadonlySet<string>
}

/** Ends the session. */
async function writeProfile(
  path: string,
  session: Session,
  take: () => Promise<Taken>,
): Promise<Answer<'profile-stop'>> {
  try {
    let profile: object | undefined
    let scripts: readonly ProfiledScript[] = []
    const held = await timed(async () => {
      const { profile: whole, wanted } = await take()
      profile = whole
      // Without them positions are those of the scripts that ran.
      scripts = await scriptsOf(wanted, session).catch(() => [])
    })
    await writeFile(path, JSON.stringify(profile), ownerOnly)
    return { ...held, scripts }
  } finally {
    session.disconnect()
  }
}

// A debugger slows down what runs under it: it is asked when there is nothing more to measure, and let go at once.
async function scriptsOf(wanted: ReadonlySet<string>, session: Session): Promise<ProfiledScript[]> {
  const scripts = new Map<string, ProfiledScript>()
  const note = ({ params }: InspectorNotification<{ scriptId: string; url: string; sourceMapURL?: string }>): void => {
    const { scriptId, url, sourceMapURL = '' } = params
    if (wanted.has(scriptId) && url !== '') scripts.set(scriptId, { url, sourceMapURL })
  }
  session.on('Debugger.scriptParsed', note)
  await post(session, 'Debugger.enable')
  await post(session, 'Debugger.disable')
  session.off('Debugger.scriptParsed', note)
  return [...scripts.values()]
}

async function startAllocations(samplingInterval: number): Promise<Held> {
  if (open.allocations) throw new Error('allocations are being sampled already')
  const session = connected()
  // At once, so that it can be discarded from now on.
  open.allocations = session
  if (await isSampled(session)) {
    if (open.allocations === session) await discardAllocations()
    throw new Error('the server has its allocations sampled itself, and V8 samples for one only')
  }
  return timed(() => post(session, 'HeapProfiler.startSampling', { samplingInterval }))
}

async function discardAllocations(): Promise<object> {
  open.allocations?.disconnect()
  open.allocations = undefined
  return {}
}

/** By the server itself: ours would answer as if it began, and would end theirs. */
function isSampled(session: Session): Promise<boolean> {
  return post(session, 'HeapProfiler.getSamplingProfile').then(
    () => true,
    () => false,
  )
}

async function stopAllocations(path: string): Promise<Answer<'allocations-stop'>> {
  const session = taken('allocations')
  return writeProfile(path, session, async () => {
    const stopped = post<{ profile: HeapProfiler.SamplingHeapProfile }>(session, 'HeapProfiler.stopSampling')
    const { profile } = await stopped
    return { profile, wanted: scriptsIn(profile) }
  })
}

function scriptsIn({ head }: HeapProfiler.SamplingHeapProfile): ReadonlySet<string> {
  const found = new Set<string>()
  const pending = [head]
  for (let node = pending.pop(); node; node = pending.pop()) {
    found.add(node.callFrame.scriptId)
    pending.push(...node.children)
  }
  return found
}

// Written as it comes: all of it would be several times the heap that is looked at.
async function takeSnapshot(path: string): Promise<Held> {
  const file = openSync(path, 'w', ownerOnly.mode)
  const session = connected()
  // What is thrown at V8's call becomes a warning on the server's standard error, for every chunk.
  let trouble: unknown
  try {
    session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => {
      if (trouble !== undefined) return
      try {
        writeFileSync(file, params.chunk)
      } catch (error) {
        trouble = error
      }
    })
    const held = await timed(() => post(session, 'HeapProfiler.takeHeapSnapshot', { reportProgress: false }))
    if (trouble !== undefined) throw trouble
    return held
  } finally {
    session.disconnect()
    closeSync(file)
  }
}

function connected(): Session {
  const session = new Session()
  session.connect()
  return session
}

function taken(kind: keyof typeof open): Session {
  const session = open[kind]
  if (session === undefined) throw new Error(`'${kind}-stop' came without '${kind}-start'`)
  open[kind] = undefined
  return session
}

async function timed(work: () => Promise<unknown>): Promise<Held> {
  const start = hostTime()
  await work()
  return { start, end: hostTime() }
}

function post<Result>(session: Session, method: string, params?: object): Promise<Result> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error: Error | null, result?: object) => {
      if (error) reject(new Error(`${method}: ${error.message}`))
      else resolve(result as Result)
    })
  })
}
