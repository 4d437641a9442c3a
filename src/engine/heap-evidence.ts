// What names the culprit of a leak in one process of a server: heap snapshots, and who allocated what is still alive.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type AllocationSite, allocationSites, type HeapProfile } from '../analysis/allocation-sites.ts'
import { grownConstructors, type HeapCounts, readHeapSnapshot } from '../analysis/heap-snapshot.ts'
import { sourcePositions } from '../analysis/source-position.ts'
import type { LeakSite, ServerAllocations, ServerLeak } from '../core/leak.ts'
import { formatBytes } from '../core/units.ts'
import type { AgentLink, SendOptions } from '../monitor/agent-link.ts'
import { agentScripts, type ProfiledScript, readerOf } from './script-reader.ts'
import { type ServerFile, shownPath } from './server-files.ts'

/** A process of a server. */
export interface HeapAddress {
  readonly link: AgentLink
  readonly pid: number | undefined
  /** Its pid where it is one of several. */
  readonly process?: number
}

/** Each process that serves has a heap of its own; where none can be told, whoever serves when it is asked. */
export async function heapsOf(link: AgentLink): Promise<readonly HeapAddress[]> {
  const pids = await link.members()
  if (pids.length > 1) return pids.map((pid) => ({ link, pid, process: pid }))
  return [{ link, pid: pids[0] }]
}

/** When a process was held up for us, in ms of `performance.now()`. */
export interface HeldSpan {
  readonly start: number
  readonly end: number
}

export interface EvidencePlace {
  /** Of nobody else. */
  readonly directory: string
  /** Where a file belongs if it is kept. */
  readonly keptAs: (extension: string) => string
}

/** Larger ones would take longer to read than anybody waits, and hold the server up for seconds. */
const largestSnapshot = 400e6
/** A snapshot of a large heap takes long. */
const patience = 120_000

export class HeapEvidence {
  readonly #link: AgentLink
  /** The process whose heap it is; undefined: whoever serves. */
  readonly #pid: number | undefined
  readonly #place: EvidencePlace
  readonly #counts: HeapCounts[] = []
  readonly #files: ServerFile[] = []
  /** By snapshots. */
  readonly held: HeldSpan[] = []
  #isSampling = false
  #remark: string | undefined
  /** Snapshots, read or not. */
  #taken = 0
  #allocations: readonly AllocationSite[] = []
  #scripts: readonly ProfiledScript[] = []

  constructor({ link, pid }: HeapAddress, place: EvidencePlace) {
    this.#link = link
    this.#pid = pid
    this.#place = place
  }

  get files(): readonly ServerFile[] {
    return this.#files
  }

  get shownFiles(): readonly string[] {
    return this.#files.map(({ keptAs }) => shownPath(keptAs))
  }

  get hasSnapshots(): boolean {
    return this.#taken > 0
  }

  /** From now on it is sampled who allocates. Never rejects. */
  async begin(): Promise<void> {
    this.#isSampling = await this.#link.send({ name: 'allocations-start' }, this.#to()).then(
      () => true,
      () => false,
    )
  }

  /** Why the leak has no name, in a clause, where that is known. */
  get remark(): string | undefined {
    return this.#remark
  }

  /**
   * Never rejects: without it the leak has no name, and is one still.
   *
   * @param heap in bytes: a snapshot is about twice that
   */
  async takeSnapshot(heap: number): Promise<void> {
    if (this.#remark !== undefined) return
    if (2 * heap > largestSnapshot) {
      this.#remark = `a heap of ${formatBytes(heap)} is too large for heap snapshots`
      return
    }
    const file = this.#file(`${++this.#taken}.heapsnapshot`)
    try {
      const taken = { name: 'snapshot', path: file.path } as const
      const { start, end } = await this.#link.send(taken, { ...this.#to(), limit: patience })
      this.held.push({ start, end })
      this.#files.push(file)
      if (statSync(file.path).size <= largestSnapshot)
        this.#counts.push(readHeapSnapshot(readFileSync(file.path, 'utf8')))
    } catch (error) {
      this.#remark = `no heap snapshot: ${(error as Error).message}`
    }
  }

  /** The load is over, and all garbage collected. Never rejects. */
  async finish(): Promise<void> {
    if (!this.#isSampling) return
    this.#isSampling = false
    const file = this.#file('heapprofile')
    try {
      const { scripts } = await this.#link.send({ name: 'allocations-stop', path: file.path }, this.#to())
      this.#scripts = scripts
      this.#files.push(file)
      const profile = JSON.parse(readFileSync(file.path, 'utf8')) as HeapProfile
      this.#allocations = allocationSites(profile, { agent: agentScripts })
    } catch {
      // The server has ended.
    }
  }

  constructors(): ServerLeak['constructors'] {
    return grownConstructors(this.#counts)
  }

  /** Who allocated what is left, and where that is kept. */
  allocations(): Pick<ServerAllocations, 'sites' | 'files'> {
    const sampled = this.#files.filter(({ path }) => path.endsWith('.heapprofile'))
    return { sites: this.sites(), files: sampled.map(({ keptAs }) => shownPath(keptAs)) }
  }

  sites(): readonly LeakSite[] {
    const positionOf = sourcePositions(readerOf(this.#scripts))
    return this.#allocations.map(({ name, url, line, column, bytes, share }) => {
      const position = positionOf({ url, line, column, name })
      return { name: position.name ?? name, file: position.file, line: position.line, bytes, share }
    })
  }

  #to(): SendOptions {
    return this.#pid === undefined ? {} : { pid: this.#pid }
  }

  #file(extension: string): ServerFile {
    const keptAs = this.#place.keptAs(extension)
    return { path: join(this.#place.directory, keptAs.split(/[\\/]/).at(-1) as string), keptAs }
  }
}
