// How long this thread has run so far, or wanted to: a thread that waits for a core is slow, but not suspended.
import { closeSync, openSync, readSync } from 'node:fs'

export interface ThreadTime {
  /** In ms. */
  read(): number
  close(): void
}

/** Linux knows the time in which a thread waited for a core (proc_pid_schedstat(5)); elsewhere only its CPU time counts. */
export function openThreadTime(path = '/proc/thread-self/schedstat'): ThreadTime {
  // Opened once, because a load may use up all file descriptors.
  const file = tryOpen(path)
  if (file === undefined) return { read: cpuTime, close: () => {} }
  const buffer = Buffer.alloc(100)
  return {
    read() {
      const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
      const [ran, waited] = text.split(' ').map(Number)
      return ((ran ?? 0) + (waited ?? 0)) / 1e6
    },
    close: () => closeSync(file),
  }
}

function tryOpen(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}

/** Node before 22.19 knows that of the whole process alone: other threads may then hide a short suspension. */
function cpuTime(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage()
  return (user + system) / 1000
}
