// What is asked about leaks of the servers under load, and what was found: data.
import type { Problems } from './problems.ts'
import { processName, type ServingProcess } from './process-name.ts'
import type { SeriesData } from './series.ts'
import { type Duration, formatSpan, parseDuration, parseSize, type Size } from './units.ts'

export interface LeakOptions {
  /**
   * Growth over the judged time that is no leak yet: a share below 1, or a size such as `'5MB'`. Default: 2 % of the heap, of
   * a small one 1 MiB or 5 %, whichever is less.
   */
  readonly minGrowth?: Size
  /** By how much the load may go on while the answer is open. Default: twice its duration; `0`: not at all. */
  readonly extension?: Duration
  /** Heap snapshots when growth is confirmed, two under load and one after it, which name the constructors that grow. Default: true. */
  readonly snapshots?: boolean
}

/** Times in ms. */
export interface LeakPlan {
  readonly minGrowth?: number
  /** That was asked for: from then on the load only goes on for an answer. */
  readonly duration: number
  readonly extension: number
  readonly snapshots: boolean
  /** The longest that the load can go on, snapshots included. */
  readonly longest: number
}

/** From the first of the heap snapshots under load to the end of it: a large server takes long for them. */
const snapshotTime = 60_000

/** A function that allocated what is still alive. */
export interface LeakSite {
  readonly name: string
  /** Source file, relative to the project. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** Still alive after the load. */
  readonly bytes: number
  /** Of all that was allocated during the load and is still alive, 0 to 1. */
  readonly share: number
}

/** One process of a Node server. Bytes; numbers that are not known are null. */
export interface ServerLeak extends ServingProcess {
  readonly verdict: 'leak' | 'no-leak' | 'inconclusive'
  /** In a sentence. */
  readonly reason: string
  /** Bytes an hour, with the 99 % interval. */
  readonly perHour: { readonly value: number | null; readonly lower: number | null; readonly upper: number | null }
  /** Bytes that each iteration left behind; null where others had some of the iterations. */
  readonly perRequest: number | null
  /** Over the judged time. */
  readonly growth: number | null
  /** The judged time in ms: without the warm-up. */
  readonly window: number
  /** After each forced collection. */
  readonly heap: Pick<SeriesData, 'unit' | 'at' | 'values'>
  /** After forced collections before the load, and when it was over. */
  readonly before: number | null
  readonly after: number | null
  /**
   * The constructors of which both later snapshots have more than the first, at most five: count and bytes in each of the three, the
   * last one taken after the load.
   */
  readonly constructors: readonly {
    readonly name: string
    readonly count: readonly number[]
    readonly bytes: readonly number[]
  }[]
  /** At most five, the most bytes first. */
  readonly sites: readonly LeakSite[]
  /** Heap snapshots that are kept: relative to the working directory, with slashes. */
  readonly files: readonly string[]
}

/** What one process of a Node server has allocated during a load and still holds. */
export interface ServerAllocations extends ServingProcess {
  /** At most five, the most bytes first. */
  readonly sites: readonly LeakSite[]
  /** Where the sampled profile is kept, if it is: relative to the working directory, with slashes. */
  readonly files: readonly string[]
}

export const leakOptionNames = ['minGrowth', 'extension', 'snapshots'] as const

/** Undefined where nothing is asked. Adds a problem for everything that is wrong. */
export function planLeaks(
  given: true | LeakOptions | undefined,
  { duration, problems }: { readonly duration: number; readonly problems: Problems },
): LeakPlan | undefined {
  if (given === undefined) return undefined
  if (given !== true && (typeof given !== 'object' || given === null || Array.isArray(given))) {
    problems.expected('leaks', "true or an object such as { minGrowth: '5MB', extension: '1m' }", given)
    return undefined
  }
  const options = given === true ? {} : given
  problems.unknownKeys(options, leakOptionNames, { place: 'leaks.', noun: 'unknown' })
  const { snapshots = true } = options
  if (typeof snapshots !== 'boolean') problems.expected('leaks.snapshots', 'true or false', snapshots)
  const minGrowth = options.minGrowth === undefined ? undefined : parseSize(options.minGrowth)
  if (options.minGrowth !== undefined && !(minGrowth && minGrowth > 0)) {
    problems.expected('leaks.minGrowth', "a share such as 0.05 or a size such as '5MB'", options.minGrowth)
  }
  const extension = options.extension === undefined ? 2 * duration : parseDuration(options.extension)
  if (extension === undefined) problems.expected('leaks.extension', "a time such as '1m', or 0", options.extension)
  const longest = duration + (extension ?? 0) + snapshotTime
  return { ...(minGrowth === undefined ? {} : { minGrowth }), duration, extension: extension ?? 0, snapshots, longest }
}

/** `api: after forced collections the heap grew by 5 MB in 40 s, 321 bytes for each iteration (judged over 40 s)`, and what names the culprit. */
export function describeLeak(leak: ServerLeak): string[] {
  const { reason, perRequest, window, constructors, sites, files } = leak
  const each = perRequest === null ? '' : `, ${Math.round(perRequest).toLocaleString('en-US')} bytes for each iteration`
  return [
    `${processName(leak)}: ${reason}${each} (judged over ${formatSpan(window)})`,
    ...constructors.map(({ name, count, bytes }) => {
      const grew = (bytes.at(-1) ?? 0) - (bytes[0] ?? 0)
      return `     ${name}  ${count.map((number) => number.toLocaleString('en-US')).join(' → ')}  +${Math.round(grew / 1000).toLocaleString('en-US')} kB`
    }),
    ...describeSites(sites),
    ...describeFiles(files),
  ]
}

function describeFiles(files: readonly string[]): string[] {
  const snapshot = files.find((file) => file.endsWith('.heapsnapshot'))
  if (snapshot) return [`     heap snapshots: ${snapshot} ... (they may hold secrets)`]
  return files.map((file) => `     allocations: ${file} (opens in Chrome DevTools; it may hold secrets)`)
}

/** Who allocated what is left, a line each. */
export function describeSites(sites: readonly LeakSite[]): string[] {
  return sites.map(
    ({ name, file, line, share }) => `     allocated in ${name}  ${file}:${line}  ${Math.round(share * 100)} %`,
  )
}
