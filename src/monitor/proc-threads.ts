// Reads on Linux what CPU time each thread of a process has had while it was followed.
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcThreads {
  /** In ms by thread since it began, or since it was followed; those that ended or could not be read are missing. */
  read(): ReadonlyMap<string, number>
}

/** A server of Node has about 11. Each takes some 15 µs to read. */
const mostThreads = 64

/**
 * Keeps nothing open: files of all threads would be descriptors that the load lacks.
 *
 * @param folder of the process, such as `/proc/4711`
 */
export function openProcThreads(folder: string): ProcThreads {
  let listed: ReadonlySet<string> | undefined
  /** What each had before it was followed. */
  let unseen = new Map<string, number>()
  return {
    read() {
      const alive = attempt(() => readdirSync(`${folder}/task`)) ?? []
      const times = new Map<string, number>()
      const before = new Map<string, number>()
      for (const thread of alive.slice(0, mostThreads)) {
        const time = attempt(() => ranFor(`${folder}/task/${thread}/schedstat`))
        if (time === undefined) continue
        // All that one had which was not there is new; of others nobody knows.
        before.set(thread, unseen.get(thread) ?? (listed && !listed.has(thread) ? 0 : time))
        times.set(thread, time - (before.get(thread) as number))
      }
      unseen = before
      if (alive.length > 0) listed = new Set(alive)
      return times
    },
  }
}

/** The first of its numbers, in ns: proc_pid_schedstat(5). */
function ranFor(schedstat: string): number {
  return Number(readFileSync(schedstat, 'latin1').split(' ')[0]) / 1e6
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
