// Reads once a second how the event loop and the heap of this process are.
import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import type { Reading, ReadingValues } from './message.ts'

const interval = 1000
/** A last reading over less time than this would say little of shares. */
const shortest = 100
/** How often the loop's lateness is looked at, in ms: part of every delay that it records. */
const resolution = 10

// Fake timers and monitors of the server come later than this file.
const now = process.hrtime.bigint.bind(process.hrtime)
const memoryUsage = process.memoryUsage.bind(process)
const resources = process.getActiveResourcesInfo.bind(process)
const utilization = performance.eventLoopUtilization.bind(performance)

/**
 * While V8 takes a CPU profile its signals interrupt libuv's wait, whose idle time then says next to nothing: an idle server
 * reads 90 % busy. The profile itself tells it.
 */
export const profiling = { isOn: false, wasOn: false }

export interface Observation {
  /** The last reading, unless the one before was just now. */
  end(): Reading | undefined
}

/** In ms of `process.hrtime`. */
export function hostTime(): number {
  return Number(now()) / 1e6
}

export function observe(onReading: (reading: Reading) => void): Observation {
  const delays = watchDelays()
  const pauses = watchPauses()
  let before = { at: hostTime(), loop: utilization() }

  const read = (): Reading => {
    const at = hostTime()
    const loop = utilization()
    const isSpoilt = profiling.isOn || profiling.wasOn
    profiling.wasOn = false
    const values: ReadingValues = {
      ...memory(),
      ...delays.since(at),
      ...(isSpoilt ? {} : { loopBusy: busyShare(loop, before.loop) }),
      ...pauses.since(at - before.at),
      handles: 0,
    }
    before = { at, loop }
    const types = resources()
    return { at, values: { ...values, handles: types.length }, handleTypes: countEach(types) }
  }
  const timer = setInterval(() => onReading(read()), interval)
  timer.unref()
  return {
    end() {
      clearInterval(timer)
      const last = hostTime() - before.at < shortest ? undefined : read()
      delays.end()
      pauses.end()
      return last
    },
  }
}

function memory(): Pick<ReadingValues, 'heapUsed' | 'heapTotal' | 'external'> {
  const { heapUsed, heapTotal, external } = memoryUsage()
  return { heapUsed, heapTotal, external }
}

/** How late timers were. */
function watchDelays() {
  const monitor = monitorEventLoopDelay({ resolution })
  monitor.enable()
  // Its first tick after a reset only begins the record: what holds the loop up before that is seen by this one timer.
  let first: { readonly at: number; readonly timer: NodeJS.Timeout; late?: number }
  const begin = (at: number): void => {
    const timer = setTimeout(() => {
      first.late = hostTime() - at - resolution
    }, resolution)
    first = { at, timer: timer.unref() }
  }
  begin(hostTime())
  return {
    /** Since the last call. */
    since(at: number): Pick<ReadingValues, 'loopDelay' | 'longestBlock'> {
      const { count, max } = monitor
      const gap = Math.max(0, first.late ?? at - first.at - resolution)
      const [p99, longest] = count === 0 ? [0, 0] : [beyond(monitor.percentile(99)), beyond(max)]
      monitor.reset()
      clearTimeout(first.timer)
      begin(at)
      // Among fewer than a hundred the longest is the p99.
      return { loopDelay: count < 99 ? Math.max(p99, gap) : p99, longestBlock: Math.max(longest, gap) }
    },
    end(): void {
      clearTimeout(first.timer)
      monitor.disable()
    },
  }
}

function beyond(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolution)
}

function busyShare(loop: EventLoopUtilization, before: EventLoopUtilization): number {
  const share = utilization(loop, before).utilization
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0
}

/** Garbage collection as far as nothing else could run meanwhile. */
function watchPauses() {
  let [total, longest] = [0, 0]
  const note = (entries: readonly { readonly duration: number }[]): void => {
    for (const { duration } of entries) {
      total += duration
      longest = Math.max(longest, duration)
    }
  }
  const observer = new PerformanceObserver((list) => note(list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return {
    /** Since the last call, which was so many ms ago. */
    since(time: number): Pick<ReadingValues, 'gcTime' | 'gcPause'> {
      note(observer.takeRecords())
      const read = { gcTime: time > 0 ? Math.min(1, total / time) : 0, gcPause: longest }
      total = longest = 0
      return read
    },
    end: () => observer.disconnect(),
  }
}

// Unreferenced timers and sockets, the agent's own among them, are no active resources.
function countEach(types: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const type of types) counts[type] = (counts[type] ?? 0) + 1
  return counts
}
