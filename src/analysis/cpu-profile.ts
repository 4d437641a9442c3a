// A V8 CPU profile read as time: which function of the user's each moment belongs to, or what else it was spent on.

/** Where a function begins, as V8 says it: line and column count from 0, -1 where there is none. */
export interface CallFrame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
  readonly columnNumber: number
}

export interface ProfileNode {
  readonly id: number
  readonly callFrame: CallFrame
  readonly hitCount?: number
  readonly children?: readonly number[]
  /** Samples by line of the function itself; lines count from 1. */
  readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[]
}

/** What `Profiler.stop` of the inspector returns and a `.cpuprofile` holds. Times in µs. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly endTime: number
  readonly samples?: readonly number[]
  readonly timeDeltas?: readonly number[]
}

/** `node`: Node's own work for sockets, HTTP, streams and timers, or without any function of the user's beneath it. */
export type Activity = 'idle' | 'gc' | 'program' | 'node' | 'agent' | 'function'

/** What a node of the call tree stands for. */
export interface Place {
  readonly activity: Activity
  /** The function that its self time belongs to; undefined unless the activity is `function`. */
  readonly owner: ProfiledFunction | undefined
  /** The functions of the user's and of dependencies on the stack, outermost first, each once. */
  readonly stack: readonly ProfiledFunction[]
  /** Inside of a module of Node's that the owner called. */
  readonly lent?: boolean
}

export interface ProfiledFunction {
  readonly frame: CallFrame
  /** Samples in its own code by line, which counts from 1. */
  readonly lines: Map<number, number>
}

/** One sample. Times in ms. */
export interface Moment {
  readonly place: Place
  /** When it began, from the beginning of the window. */
  readonly at: number
  /**
   * Until the next sample, but no more than two intervals. V8 samples a thread while it runs: a long gap says that the machine
   * gave it no time, not that a function took any.
   */
  readonly time: number
}

export interface ProfileOptions {
  /** Beginnings of the URLs of what observes: neither blamed nor counted. */
  readonly agent?: readonly string[]
  /** In ms from the start of the profile. Default: all of it. */
  readonly window?: { readonly start: number; readonly end: number }
  /** The same, of what was done for whoever observes: collections and snapshots, which look like the server's own. */
  readonly without?: readonly { readonly start: number; readonly end: number }[]
}

const longestGap = 2
const metaActivities: Readonly<Record<string, Activity>> = {
  '(root)': 'node',
  '(idle)': 'idle',
  '(program)': 'program',
  '(garbage collector)': 'gc',
}
// What every server does for every request. Called by a handler it still is no work of that handler's: without this rule the
// handler of an empty server owns every `response.end()`. Other modules (crypto, zlib, fs, console, ...) do what was asked,
// with all that they call in turn.
const sending =
  /^node:(_http_|_stream|_tls_|http|https|net|tls|dgram|stream|timers|diagnostics_channel|async_hooks|internal\/(http|streams|stream_base_commons|net|timers|tls|process|async_hooks|async_local_storage|deps\/undici|webstreams))/

/** The samples of a profile in the order of their time. */
export function moments(profile: CpuProfile, { agent = [], window, without = [] }: ProfileOptions = {}): Moment[] {
  const { samples = [], timeDeltas = [], startTime, endTime } = profile
  const places = placesOf(profile.nodes, agent)
  let clock = startTime
  // V8 may deliver samples out of order.
  const ordered = samples
    .map((id, index) => {
      clock += timeDeltas[index] ?? 0
      return { id, at: clock }
    })
    .sort((a, b) => a.at - b.at)
  const from = startTime + (window?.start ?? 0) * 1000
  const until = Math.min(endTime, startTime + (window?.end ?? Number.POSITIVE_INFINITY) * 1000)
  const parts = ordered.flatMap(({ id, at }, index) => {
    const place = places.get(id)
    const time = Math.min(ordered[index + 1]?.at ?? endTime, until) - Math.max(at, from)
    const begins = (Math.max(at, from) - startTime) / 1000
    const isOwn = without.some(({ start, end }) => begins < end && begins + time / 1000 > start)
    return place && time > 0 && !isOwn ? [{ place, at: begins - (from - startTime) / 1000, time: time / 1000 }] : []
  })
  const most = longestGap * median(parts.map(({ time }) => time))
  return parts.map((part) => ({ ...part, time: Math.min(part.time, most) }))
}

/** The share of each second in which the main thread was not idle: when the second was over, ms from the beginning of the window. */
export function busyBySecond(all: readonly Moment[]): { readonly at: number[]; readonly values: number[] } {
  const seconds = new Map<number, { busy: number; time: number }>()
  for (const { place, at, time } of all) {
    for (let from = at; from < at + time; from = (Math.floor(from / 1000) + 1) * 1000) {
      const second = Math.floor(from / 1000)
      const part = Math.min(at + time, (second + 1) * 1000) - from
      const sum = seconds.get(second) ?? { busy: 0, time: 0 }
      seconds.set(second, sum)
      sum.time += part
      if (place.activity !== 'idle') sum.busy += part
    }
  }
  // A rest of a second says little and would weigh as much.
  const whole = [...seconds].filter(([, { time }]) => time >= 500).sort(([a], [b]) => a - b)
  return {
    at: whole.map(([second, { time }]) => second * 1000 + time),
    values: whole.map(([, sum]) => sum.busy / sum.time),
  }
}

/** The one in the middle; NaN without any. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function placesOf(nodes: readonly ProfileNode[], agent: readonly string[]): Map<number, Place> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const called = new Set(nodes.flatMap(({ children = [] }) => children))
  const functions = new Map<string, ProfiledFunction>()
  const places = new Map<number, Place>()
  const root: Place = { activity: 'node', owner: undefined, stack: [] }
  const open = nodes.filter(({ id }) => !called.has(id)).map((node) => ({ node, caller: root }))
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, caller } = next
    const place = placeOf(node.callFrame, caller, { agent, functions })
    if (places.has(node.id)) continue
    places.set(node.id, place)
    if (isOwn(node.callFrame)) countLines(node, place)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child) open.push({ node: child, caller: place })
    }
  }
  return places
}

interface Known {
  readonly agent: readonly string[]
  readonly functions: Map<string, ProfiledFunction>
}

function placeOf(frame: CallFrame, caller: Place, { agent, functions }: Known): Place {
  const { functionName, url, lineNumber, columnNumber } = frame
  const { stack } = caller
  const meta = url === '' ? metaActivities[functionName] : undefined
  if (meta) return { activity: meta, owner: undefined, stack: [] }
  // A builtin, native code, or a script without a name: part of whoever called it.
  if (url === '') return caller
  if (url.startsWith('node:')) {
    if (caller.activity !== 'function' || caller.lent) return caller
    return sending.test(url) ? { activity: 'node', owner: undefined, stack } : { ...caller, lent: true }
  }
  if (agent.some((start) => url.startsWith(start))) return { activity: 'agent', owner: undefined, stack }
  const key = `${url}:${lineNumber}:${columnNumber}`
  const owner = functions.get(key) ?? { frame, lines: new Map() }
  functions.set(key, owner)
  return { activity: 'function', owner, stack: stack.includes(owner) ? stack : [...stack, owner] }
}

function isOwn({ url }: CallFrame): boolean {
  return url !== '' && !url.startsWith('node:')
}

function countLines({ positionTicks = [] }: ProfileNode, { owner }: Place): void {
  for (const { line, ticks } of positionTicks) owner?.lines.set(line, (owner.lines.get(line) ?? 0) + ticks)
}
