// Asks the probes of a load run once a second, each by itself: none can hold up another one, or the run.
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import type { Probe, ProbeReader, ProbeReading } from '../core/probe.ts'
import { show } from '../core/problems.ts'
import type { SeriesData } from '../core/series.ts'
import { FollowedProbe } from './followed-probe.ts'

export interface ProbeWatch extends AsyncDisposable {
  /**
   * Asks all of them once more, for the state after the load, and ends.
   * @param start the measured start and `duration` its length, in ms of `performance.now()`
   */
  finish(start: number, duration: number): Promise<ProbeReport>
}

export interface ProbeReport {
  /** By name; one without samples where nothing was ever answered. */
  readonly series: Readonly<Record<string, SeriesData>>
  readonly warnings: readonly string[]
}

export interface ProbeTiming {
  /** How long an answer is waited for, in ms, 1000 unless given. */
  readonly limit?: number
  /** Calls back about once a second until the returned function is called. */
  readonly every?: (callback: () => void) => () => void
}

const usualLimit = 1000

/** The function as a reader; what it returns is looked at with suspicion. */
export function readerOf(probe: Probe, address?: string): ProbeReader {
  if (typeof probe !== 'function') return probe.open(address)
  return async () => readingOf(await probe())
}

/** The base line of all of them is read at once, the next numbers a second later. */
export function watchProbes(
  readers: Readonly<Record<string, ProbeReader>>,
  { limit = usualLimit, every = everySecond }: ProbeTiming = {},
): ProbeWatch {
  const probes = Object.entries(readers).map(([name, reader]) => new FollowedProbe(name, reader, limit))
  const ask = () => {
    for (const probe of probes) void probe.ask()
  }
  ask()
  const cancel = probes.length === 0 ? () => {} : every(ask)
  const stop = () => {
    cancel()
    for (const probe of probes) probe.stop()
  }
  return {
    async [Symbol.asyncDispose]() {
      stop()
    },
    async finish(start, duration) {
      cancel()
      const over = performance.now()
      // What was asked before the end may tell of the time before it.
      await Promise.all(probes.map((probe) => probe.idle().then(() => probe.ask())))
      stop()
      // What was drained after the measured time counts by its end alone.
      const isMeant = (at: number) => at > start && (at <= start + duration + 500 || at >= over)
      const series = probes.flatMap((probe) => Object.entries(probe.series(isMeant, start)))
      return { series: Object.fromEntries(series), warnings: probes.flatMap((probe) => probe.warnings()) }
    },
  }
}

function readingOf(given: unknown): ProbeReading {
  if (typeof given === 'number') return { values: { '': { value: given, unit: 'count' } } }
  const isGroup = typeof given === 'object' && given !== null && !Array.isArray(given)
  const entries = isGroup ? Object.entries(given) : []
  if (entries.length === 0) throw new Error(`expected a number or an object of numbers, got ${show(given)}`)
  const values = entries.map(([name, value]) => [name, { value: value as number, unit: 'count' as const }] as const)
  return { values: Object.fromEntries(values) }
}

function everySecond(callback: () => void): () => void {
  const timer = setInterval(callback, 1000)
  timer.unref()
  return () => clearInterval(timer)
}
