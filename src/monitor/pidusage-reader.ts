// Reads CPU and memory of processes where there is no /proc: by a program that pidusage starts each time.
import pidusage from 'pidusage'
import type { Reading } from './cpu-time.ts'
import type { ProcessReader } from './process-reader.ts'

export function pidusageReader(platform: string): ProcessReader {
  const unseen = [
    `its threads, open files, disk reads and writes: ${platform} does not tell them`,
    ...(platform === 'win32' ? ['its child processes: on win32 the figures are of its own process alone'] : []),
  ]
  return {
    // `ps` of macOS and the BSDs tells ages in whole seconds, and a program is started for each reading.
    shortest: platform === 'win32' ? 1000 : 2000,
    read: (pids) => readUsage(pids, unseen),
    close() {},
  }
}

// Its `cpu` is not used: that is 0 at the first call, and its history is shared by everybody in this process who asks
// for the same pid. A process that ended in between is missing in the answer, or all of the answer is an error.
async function readUsage(pids: readonly number[], unseen: readonly string[]): Promise<ReadonlyMap<number, Reading>> {
  if (pids.length === 0) return new Map()
  const answer: Record<string, pidusage.Status | undefined> = await pidusage([...pids]).catch(() => ({}))
  const readings = new Map<number, Reading>()
  for (const pid of pids) {
    const status = answer[pid]
    // A process that ended and waits for its parent to notice still has a row, without memory.
    if (!status || status.memory <= 0) continue
    const { ctime, elapsed, memory } = status
    readings.set(pid, { ctime, elapsed, memory, reaped: 0, unseen })
  }
  return readings
}
