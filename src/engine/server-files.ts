// Files that came of a run and may hold secrets of a server: in a directory of nobody else until they are kept or dropped.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { removeEmptyDirectory } from './guarded-directory.ts'

export interface ServerFile {
  /** Absolute. */
  readonly path: string
  /** Where it belongs if it is kept: absolute. */
  readonly keptAs: string
}

/** Copies them; the directory that they are in goes with the process, or before. False where that is not possible: no run is lost for it. */
export function keepFiles(files: readonly ServerFile[]): boolean {
  try {
    for (const file of files) keepFile(file)
    return true
  } catch (error) {
    process.emitWarning(`profiles and heap snapshots of the servers could not be kept: ${(error as Error).message}`)
    return false
  } finally {
    dropFiles(files)
  }
}

function keepFile({ path, keptAs }: ServerFile): void {
  mkdirSync(dirname(keptAs), { recursive: true })
  // The directory for temporary files may be on another disk: nothing can be moved from there.
  copyFileSync(path, keptAs)
  forgetOld(dirname(keptAs))
}

/** In a directory: the oldest go. */
const mostKept = 60

function forgetOld(directory: string): void {
  const ours = readdirSync(directory)
    .filter((name) => /-[0-9a-f]{8}(\.\d)?\.(cpuprofile|heapprofile|heapsnapshot)$/.test(name))
    .map((name) => join(directory, name))
  const byAge = ours.map((path) => ({ path, at: statSync(path).mtimeMs })).sort((a, b) => b.at - a.at)
  for (const { path } of byAge.slice(mostKept)) rmSync(path, { force: true })
}

export function dropFiles(files: readonly ServerFile[]): void {
  for (const { path } of files) rmSync(path, { force: true })
  for (const directory of new Set(files.map(({ path }) => dirname(path)))) removeEmptyDirectory(directory)
}

/** As people read it: relative to the working directory if it is in there, with slashes. */
export function shownPath(path: string): string {
  const short = relative(process.cwd(), path)
  return (short.startsWith('..') ? path : short).split(sep).join('/')
}

export interface FileSubject {
  readonly run: string
  readonly server: string
  /** Of the process. */
  readonly pid: number
  /** Of the run. */
  readonly id: string
}

/** `post-api-sessions-gateway-4711-1a2b3c4d.cpuprofile`: for a person who looks through a directory, and the same never twice. */
export function fileName({ run, server, pid, id }: FileSubject, extension: string): string {
  const words = `${run} ${server}`.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-')
  return `${words.replace(/^-|-$/g, '').slice(0, 80)}-${pid}-${id.slice(0, 8)}.${extension}`
}
