// Reads on Linux what processes use, from files that stay open from the first reading to the last.
import { uptime } from 'node:os'
import { clockTick } from '../processes/process-table.ts'
import type { Reading } from './cpu-time.ts'
import { openProcFiles, type ProcFiles } from './proc-files.ts'
import type { ProcessReader } from './process-reader.ts'

export function procReader(): ProcessReader {
  const kept = new Map<number, ProcFiles>()
  const drop = (pid: number): void => {
    kept.get(pid)?.close()
    kept.delete(pid)
  }
  const reopened = (pid: number) => {
    drop(pid)
    const files = openProcFiles(pid)
    if (files) kept.set(pid, files)
    return files?.read()
  }
  return {
    // Where threads cannot be followed, CPU time comes in steps of 10 ms: over a shorter time one would be more than 5 points.
    shortest: 200,
    async read(pids) {
      const wanted = new Set(pids)
      for (const pid of [...kept.keys()]) if (!wanted.has(pid)) drop(pid)
      const now = uptime() * 1000
      const readings = new Map<number, Reading>()
      for (const pid of wanted) {
        // What was open may be of one that ended: its pid may be another's by now.
        const reading = kept.get(pid)?.read() ?? reopened(pid)
        if (reading) readings.set(pid, { ...reading, elapsed: now - (reading.startTime ?? 0) * clockTick })
        else drop(pid)
      }
      return readings
    },
    close() {
      for (const pid of [...kept.keys()]) drop(pid)
    },
  }
}
