// What servers and the generator used of the machine during a run: series by name, and what each of them means.
import { fitSeries, type Join, type SeriesData } from './series.ts'
import type { Unit } from './verdict.ts'

interface Kind {
  readonly label: string
  readonly unit: Unit
  readonly join: Join
}

/**
 * What is read of a process tree every second. The first two of every process; the next of Node servers that the agent
 * watches; the rest where the platform tells.
 */
export const usageKinds = {
  /** Of one core, since the sample before. */
  cpu: { label: 'cpu', unit: 'percent', join: 'mean' },
  /** Resident, summed over the tree. */
  memory: { label: 'rss', unit: 'bytes', join: 'max' },
  heapUsed: { label: 'heap', unit: 'bytes', join: 'max' },
  heapTotal: { label: 'heap total', unit: 'bytes', join: 'max' },
  /** Outside of the heap, held by objects in it: buffers. */
  external: { label: 'external', unit: 'bytes', join: 'max' },
  /** How late timers of the event loop were: the p99 of a second. */
  loopDelay: { label: 'loop delay p99', unit: 'ms', join: 'max' },
  /** The longest in which the event loop did one thing. */
  longestBlock: { label: 'longest block', unit: 'ms', join: 'max' },
  /** Share of the time in which the event loop was not waiting. */
  loopBusy: { label: 'event loop', unit: 'share', join: 'mean' },
  /** Share of the time in which garbage collection held everything up. */
  gcTime: { label: 'gc', unit: 'share', join: 'mean' },
  /** The longest of a second. */
  gcPause: { label: 'gc pause', unit: 'ms', join: 'max' },
  /** Timers, sockets, servers and requests that keep the process alive. */
  handles: { label: 'handles', unit: 'count', join: 'max' },
  threads: { label: 'threads', unit: 'count', join: 'max' },
  openFiles: { label: 'open files', unit: 'count', join: 'max' },
  diskRead: { label: 'disk read', unit: 'bytes per second', join: 'mean' },
  diskWrite: { label: 'disk write', unit: 'bytes per second', join: 'mean' },
} as const satisfies Record<string, Kind>

export type UsageName = keyof typeof usageKinds

/** A reading of some of them at one time. */
export type UsageValues = { readonly [name in UsageName]?: number }

/** By name; a series that could not be read is missing. */
export type UsageSeries = { readonly [name in UsageName]?: SeriesData }

/** One server with its process tree. Only samples inside the measured time; none means: nothing is known. */
export interface ServerUsage {
  readonly name: string
  readonly pid: number
  readonly series: UsageSeries
  /** What could not be seen of it and why, in sentences. */
  readonly unseen: readonly string[]
}

/** Whether the generator could keep up, read in the thread that sent the load. Times in ms. */
export interface GeneratorUsage {
  /** Of the generator's process: CPU and memory. */
  readonly series: UsageSeries
  /** How late timers of its event loop were. */
  readonly loopDelay: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Share of the time in which its event loop was busy, 0 to 1. */
  readonly utilization: number
  /** It ran on the same event loop as the server under test: each stall hides the other's. */
  readonly sharesLoop: boolean
  /** For how long the machine or its process was suspended; absent in a run recorded before that was watched. */
  readonly suspended?: number
}

/** When the machine or the generator's process stood still. Times in ms. */
export interface Suspensions {
  readonly count: number
  /** All together. */
  readonly total: number
  /** When the first began, from the measured start; 0 without any. */
  readonly first: number
}

export interface Usage {
  readonly servers: readonly ServerUsage[]
  readonly generator: GeneratorUsage
  /** Numbers of the user's own by name: `'queueDepth'`, `'pool.waiting'`. */
  readonly probes: Readonly<Record<string, SeriesData>>
}

/** Collects readings that come at different times, each of some of the numbers. */
export class UsageRecorder {
  readonly #columns = new Map<UsageName, { readonly at: number[]; readonly values: number[] }>()

  /** @param at in ms on any clock, later than the last */
  add(at: number, values: UsageValues): void {
    for (const [name, value] of Object.entries(values) as [UsageName, number][]) {
      const column = this.#columns.get(name) ?? { at: [], values: [] }
      this.#columns.set(name, column)
      column.at.push(at)
      column.values.push(value)
    }
  }

  /** The newest of a number; undefined when it was never read. */
  newest(name: UsageName): number | undefined {
    return this.#columns.get(name)?.values.at(-1)
  }

  /**
   * What was read later than `start` and until `end`, from `start` on, fitted to 600 samples. A block that began before the end
   * is told of when it is over: it belongs to the end.
   */
  within(start: number, end: number): UsageSeries {
    const series = [...this.#columns].map(([name, { at, values }]) => {
      const { unit } = usageKinds[name]
      const isBlockOver = (time: number, index: number) => unit === 'ms' && time - (values[index] as number) < end
      const kept = at.map((time, index) => time > start && (time <= end || isBlockOver(time, index)))
      const data = {
        unit,
        at: at.filter((_, index) => kept[index]).map((time) => Math.min(time, end) - start),
        values: values.filter((_, index) => kept[index]),
      }
      return [name, fitSeries(data, 'both')] as const
    })
    return Object.fromEntries(series.filter(([, { at }]) => at.length > 0))
  }
}

/** For a picture: the mean of a rate, the peak of a level. Of a number of the user's own its peaks are what people look for. */
export function joinOf(name: string): Join {
  return isUsageName(name) ? usageKinds[name].join : 'max'
}

export function isUsageName(name: string): name is UsageName {
  return Object.hasOwn(usageKinds, name)
}
