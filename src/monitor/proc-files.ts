// The files in which Linux tells what one process uses, held open while it is watched: a read on them takes 6 µs.
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { endianness } from 'node:os'
import { isStarved, parseStat } from '../processes/process-table.ts'
import type { Reading } from './cpu-time.ts'
import { type FineTime, fineTime } from './proc-cpu-time.ts'
import { openProcThreads } from './proc-threads.ts'

export interface ProcFiles {
  /**
   * Undefined when the process has ended, also when its pid belongs to another one by now: an open file stays with its
   * process. Throws when no file descriptor is left.
   */
  read(): Omit<Reading, 'elapsed'> | undefined
  close(): void
}

export const refusedDisk =
  'its disk reads and writes: /proc/<pid>/io is open to its own user and to root only; run the tests as one of them'
export const untoldDisk = 'its disk reads and writes: this kernel has no /proc/<pid>/io'
export const refusedFiles = 'its open files: /proc/<pid>/fd is open to its own user and to root only'

const buffer = Buffer.alloc(4096)

/** Undefined when there is no such process. Throws when no file descriptor is left. */
export function openProcFiles(pid: number, root = '/proc'): ProcFiles | undefined {
  const folder = `${root}/${pid}`
  const open = new Map<string, number>()
  const threadTimes = openProcThreads(folder)
  let cpu: FineTime | undefined
  const close = (): void => {
    for (const file of open.values()) closeSync(file)
    open.clear()
  }
  const text = (name: string): string => {
    const file = open.get(name) ?? openSync(`${folder}/${name}`, 'r')
    open.set(name, file)
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0))
  }
  try {
    text('stat')
  } catch (error) {
    close()
    return ifNotStarved(error, undefined)
  }
  return {
    read() {
      const stat = read(() => parseStat(text('stat')))
      const memory = read(() => residentBytes(text('statm')))
      // One that ended and waits for its parent to notice still has its files, without memory.
      if (stat === undefined || memory === undefined || memory <= 0) return undefined
      const disk = read<DiskUse>(
        () => parseIo(text('io')),
        (error) => ({ unseen: isRefused(error) ? refusedDisk : untoldDisk }),
      ) as DiskUse
      const openFiles = read(() => countOpenFiles(folder))
      const unseen = [disk.unseen, openFiles === undefined ? refusedFiles : undefined].filter(
        (text) => text !== undefined,
      )
      // It may have ended between two of these files.
      if (unseen.length > 0 && read(() => parseStat(text('stat'))) === undefined) return undefined
      cpu = fineTime(cpu, stat.spent, threadTimes.read())
      const { startTime, reaped, threads } = stat
      const { diskRead, diskWrite } = disk
      return { startTime, ctime: cpu.all, reaped, threads, memory, openFiles, diskRead, diskWrite, unseen }
    },
    close,
  }
}

/** Of `/proc/<pid>/statm`. `stat` has the figure too, but not of all processors: on many it may be off by megabytes. */
export function residentBytes(statm: string): number {
  return Number(statm.split(' ')[1]) * pageBytes
}

export interface DiskUse {
  readonly diskRead?: number
  readonly diskWrite?: number
  readonly unseen?: string
}

/** Bytes that a process, and all of its children that ended, had fetched from disks and sent to them: proc_pid_io(5). */
export function parseIo(text: string): DiskUse {
  const figure = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1])
  const [diskRead, diskWrite] = [figure('read_bytes'), figure('write_bytes')]
  return Number.isNaN(diskRead + diskWrite) ? { unseen: untoldDisk } : { diskRead, diskWrite }
}

/** A pair of numbers each, of which type 6 is the size of a page: getauxval(3). */
export function pageSizeIn(auxv: Buffer, wordBytes: number): number | undefined {
  const word = (at: number) =>
    wordBytes === 8
      ? Number(endianness() === 'LE' ? auxv.readBigUInt64LE(at) : auxv.readBigUInt64BE(at))
      : endianness() === 'LE'
        ? auxv.readUInt32LE(at)
        : auxv.readUInt32BE(at)
  for (let at = 0; at + 2 * wordBytes <= auxv.length; at += 2 * wordBytes)
    if (word(at) === 6) return word(at + wordBytes)
  return undefined
}

const pageBytes = readPageSize()

function readPageSize(): number {
  const words = ['arm', 'ia32', 'mips', 'mipsel'].includes(process.arch) ? 4 : 8
  return read(() => pageSizeIn(readFileSync('/proc/self/auxv'), words)) ?? 4096
}

/** Linux tells the number as the size of the folder since 6.2, without a descriptor and however many there are. */
function countOpenFiles(folder: string): number {
  return statSync(`${folder}/fd`).size || readdirSync(`${folder}/fd`).length
}

function isRefused(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
}

function read<Value>(
  attempt: () => Value | undefined,
  instead: (error: unknown) => Value | undefined = () => undefined,
): Value | undefined {
  try {
    return attempt()
  } catch (error) {
    return ifNotStarved(error, instead(error))
  }
}

function ifNotStarved<Value>(error: unknown, value: Value): Value {
  if (isStarved(error)) throw error
  return value
}
