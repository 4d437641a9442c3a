// Which functions of the user's allocated what is still alive, from a sampling heap profile.
import type { CallFrame } from './cpu-profile.ts'

/** What `HeapProfiler.getSamplingProfile` of the inspector returns and a `.heapprofile` holds: only what is still alive. */
export interface HeapProfile {
  readonly head: HeapProfileNode
}

export interface HeapProfileNode {
  readonly callFrame: CallFrame
  /** Bytes allocated right here, estimated from the samples. */
  readonly selfSize: number
  readonly children: readonly HeapProfileNode[]
}

/** A function, with what it and the builtins and modules of Node that it called have allocated. */
export interface AllocationSite {
  /** `(anonymous)` without one: its place tells it apart. */
  readonly name: string
  readonly url: string
  /** Where it begins in the script that ran, from 0 as V8 counts. */
  readonly line: number
  readonly column: number
  /** Still alive. */
  readonly bytes: number
  /** Of all live bytes of the profile, 0 to 1. */
  readonly share: number
}

export interface SiteOptions {
  /** Default: 5. */
  readonly most?: number
  /** Beginnings of the URLs of what observes: never named. */
  readonly agent?: readonly string[]
}

/**
 * Most bytes first. What no function of the user's or of a dependency called (Node's own start, the parser of HTTP) is in
 * the whole that shares refer to, but is no site.
 */
export function allocationSites({ head }: HeapProfile, { most = 5, agent = [] }: SiteOptions = {}): AllocationSite[] {
  const sites = new Map<string, { readonly frame: CallFrame; bytes: number }>()
  let whole = 0
  // A stack of our own: the functions of a profile may be nested thousands deep.
  const open: { readonly node: HeapProfileNode; readonly owner: CallFrame | undefined }[] = [
    { node: head, owner: undefined },
  ]
  for (let next = open.pop(); next; next = open.pop()) {
    const { node, owner: caller } = next
    const owner = ownerOf(node.callFrame, caller, agent)
    whole += node.selfSize
    if (owner && node.selfSize > 0) {
      const key = `${owner.url}:${owner.lineNumber}:${owner.columnNumber}`
      const site = sites.get(key) ?? { frame: owner, bytes: 0 }
      sites.set(key, site)
      site.bytes += node.selfSize
    }
    for (const child of node.children) open.push({ node: child, owner })
  }
  return [...sites.values()]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, most)
    .map(({ frame, bytes }) => ({
      name: frame.functionName || '(anonymous)',
      url: frame.url,
      line: frame.lineNumber,
      column: frame.columnNumber,
      bytes,
      share: bytes / whole,
    }))
}

/** Builtins have no URL. What the agent allocates is nobody's. */
function ownerOf(frame: CallFrame, caller: CallFrame | undefined, agent: readonly string[]): CallFrame | undefined {
  if (agent.some((start) => frame.url.startsWith(start))) return undefined
  return frame.url === '' || frame.url.startsWith('node:') ? caller : frame
}
