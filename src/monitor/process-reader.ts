// How the use of processes is read on this platform, and what it cannot tell.
import type { Reading } from './cpu-time.ts'
import { pidusageReader } from './pidusage-reader.ts'
import { procReader } from './proc-reader.ts'

export interface ProcessReader {
  /** Readings that follow each other faster than this, in ms, tell no CPU time. */
  readonly shortest: number
  /** By pid; one that has ended is missing. Rejects when nothing could be read. */
  read(pids: readonly number[]): Promise<ReadonlyMap<number, Reading>>
  close(): void
}

export function openProcessReader(platform: NodeJS.Platform = process.platform): ProcessReader {
  return platform === 'linux' ? procReader() : pidusageReader(platform)
}
