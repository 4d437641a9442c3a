// Reads on Linux what CPU time each thread of a process has had so far, from files that stay open while it is watched.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'

export interface ProcThreads {
  /** In ms by thread; of those that ended, nothing. Reads on with the files that are open where no descriptor is left. */
  read(): ReadonlyMap<string, number>
  close(): void
}

/** A server of Node has about 11. Of those with more, each file would be a descriptor less for the load. */
const mostThreads = 64
const buffer = Buffer.alloc(100)

/** @param folder of the process, such as `/proc/4711` */
export function openProcThreads(folder: string): ProcThreads {
  const open = new Map<string, number>()
  const drop = (thread: string): void => {
    closeSync(open.get(thread) as number)
    open.delete(thread)
  }
  const follow = (): void => {
    const alive = attempt(() => readdirSync(`${folder}/task`)) ?? [...open.keys()]
    const followed = new Set(alive.slice(0, mostThreads))
    for (const thread of open.keys()) if (!followed.has(thread)) drop(thread)
    for (const thread of followed) {
      const file = open.get(thread) ?? attempt(() => openSync(`${folder}/task/${thread}/schedstat`, 'r'))
      if (file !== undefined) open.set(thread, file)
    }
  }
  return {
    read() {
      follow()
      const times = new Map<string, number>()
      for (const [thread, file] of open) {
        const time = attempt(() => ranFor(file))
        // Its number may be another thread's by now.
        if (time === undefined) drop(thread)
        else times.set(thread, time)
      }
      return times
    },
    close() {
      for (const thread of open.keys()) drop(thread)
    },
  }
}

/** The first of its numbers, in ns: proc_pid_schedstat(5). */
function ranFor(schedstat: number): number {
  const text = buffer.toString('latin1', 0, readSync(schedstat, buffer, 0, buffer.length, 0))
  return Number(text.split(' ')[0]) / 1e6
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
