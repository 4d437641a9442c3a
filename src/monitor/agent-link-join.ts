// Makes one reading of those of all processes that serve a port together, such as the workers of a cluster.
import type { Reading, ReadingValues } from '../agent/message.ts'

/** What the processes hold together. Of all the rest the worst counts: a request that meets it waits that long. */
const summed = ['heapUsed', 'heapTotal', 'external', 'handles'] as const
const worst = ['loopDelay', 'longestBlock', 'loopBusy', 'gcTime', 'gcPause'] as const
/** Readings that the first of the processes waits for those that have not given any yet. */
const patience = 3

interface Member {
  readonly pending: Reading[]
  newest: Reading | undefined
}

export interface ReadingJoin {
  enter(pid: number): void
  leave(pid: number): void
  /** A joint reading whenever the oldest member gives one: nothing that others said meanwhile is lost. */
  add(pid: number, reading: Reading): Reading | undefined
  /** For the next joint reading, which does not come of it. */
  keep(pid: number, reading: Reading): void
  /** Of what was not part of a reading yet; undefined without anything new. */
  rest(): Reading | undefined
}

export function createReadingJoin(): ReadingJoin {
  const members = new Map<number, Member>()
  /** Of processes that left, until the next reading. */
  let left: Reading[] = []
  let at = Number.NEGATIVE_INFINITY

  const joined = (): Reading | undefined => {
    const current = [...members.values()].flatMap(({ newest }) => newest ?? [])
    const fresh = [...left, ...[...members.values()].flatMap(({ pending }) => pending)]
    const latest = Math.max(...fresh.map((reading) => reading.at))
    if (fresh.length === 0 || latest <= at) return undefined
    at = latest
    left = []
    for (const { pending } of members.values()) pending.length = 0
    return { at, values: valuesOf(current.length > 0 ? current : fresh, fresh), handleTypes: typesOf(current) }
  }
  const keep = (pid: number, reading: Reading): void => {
    const member = members.get(pid)
    if (member === undefined) return
    member.pending.push(reading)
    member.newest = reading
  }
  return {
    keep,
    enter(pid) {
      if (!members.has(pid)) members.set(pid, { pending: [], newest: undefined })
    },
    leave(pid) {
      left.push(...(members.get(pid)?.pending ?? []))
      members.delete(pid)
    },
    add(pid, reading) {
      keep(pid, reading)
      const [first] = members.keys()
      const waiting = [...members.values()].some(({ newest }) => newest === undefined)
      const pending = members.get(pid)?.pending.length ?? 0
      return pid === first && (!waiting || pending >= patience) ? joined() : undefined
    },
    rest: joined,
  }
}

function valuesOf(current: readonly Reading[], fresh: readonly Reading[]): ReadingValues {
  const sums = summed.map((name) => [name, current.reduce((sum, { values }) => sum + values[name], 0)])
  const peaks = worst.flatMap((name) => {
    const known = fresh.flatMap(({ values }) => values[name] ?? [])
    return known.length === 0 && name === 'loopBusy' ? [] : [[name, Math.max(0, ...known)]]
  })
  return Object.fromEntries([...sums, ...peaks])
}

function typesOf(current: readonly Reading[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { handleTypes } of current) {
    for (const [type, count] of Object.entries(handleTypes)) counts[type] = (counts[type] ?? 0) + count
  }
  return counts
}
