// Reads once a second how the event loop and the heap of this process are, without what the agent itself does to them.
import { type EventLoopUtilization, PerformanceObserver, performance } from 'node:perf_hooks'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import { getHeapStatistics } from 'node:v8'
import type { Reading, ReadingValues } from './message.ts'

const interval = 1000
/** A last reading over less time than this would say little of shares. */
const shortest = 100
/** Timers are due after up to so many ms, at random: what takes turns with the server's own work would be late by the same each time. */
const longestWait = 15

// Fake timers of the server come later than this file.
const now = process.hrtime.bigint.bind(process.hrtime)
const clock = performance.now.bind(performance)
const resources = process.getActiveResourcesInfo.bind(process)
const utilization = performance.eventLoopUtilization.bind(performance)

/**
 * While V8 takes a CPU profile its signals interrupt libuv's wait, whose idle time then says next to nothing: an idle server
 * reads 90 % busy. The profile itself tells it.
 */
export const profiling = { isOn: false, wasOn: false }

export interface Observation {
  /** What the process does for its owner is neither a delay nor a pause of its own. */
  without<Result>(work: () => Promise<Result>): Promise<Result>
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
  /** Of the time since then, in ms. */
  let own = 0

  const read = (): Reading => {
    const at = hostTime()
    const loop = utilization()
    const isSpoilt = profiling.isOn || profiling.wasOn
    profiling.wasOn = false
    const values: ReadingValues = {
      ...memory(),
      ...delays.since(at),
      ...(isSpoilt ? {} : { loopBusy: busyShare(utilization(loop, before.loop), own) }),
      ...pauses.since(at - before.at),
      handles: 0,
    }
    before = { at, loop }
    own = 0
    const types = resources()
    return { at, values: { ...values, handles: types.length }, handleTypes: countEach(types) }
  }
  // A server that is out of memory or of descriptors has troubles enough: no reading then.
  const attempt = (): Reading | undefined => {
    try {
      return read()
    } catch {
      return undefined
    }
  }
  const timer = setInterval(() => {
    const reading = attempt()
    if (reading) onReading(reading)
  }, interval)
  timer.unref()
  return {
    async without(work) {
      delays.keep(hostTime())
      const from = clock()
      try {
        return await work()
      } finally {
        const until = clock()
        own += until - from
        pauses.leaveOut(from, until)
        delays.begin(hostTime())
      }
    },
    end() {
      clearInterval(timer)
      const last = hostTime() - before.at < shortest ? undefined : attempt()
      delays.end()
      pauses.end()
      return last
    },
  }
}

// process.memoryUsage() opens a file, which a server that has run out of descriptors cannot.
function memory(): Pick<ReadingValues, 'heapUsed' | 'heapTotal' | 'external'> {
  const { used_heap_size: heapUsed, total_heap_size: heapTotal, external_memory: external } = getHeapStatistics()
  return { heapUsed, heapTotal, external }
}

/** Of the time, for the p99. */
const worstShare = 0.01

/**
 * How late a timer would have been that is due at any time. While something holds the loop up for D ms a timer is late once;
 * timers due meanwhile are late by anything up to D, so that the share x of the time is later than D - x of it.
 */
function watchDelays() {
  let late: number[] = []
  let due = 0
  let timer: NodeJS.Timeout | undefined
  const arm = (): void => {
    const wait = 1 + Math.floor(Math.random() * longestWait)
    due = hostTime() + wait
    timer = setTimeout(note, wait).unref()
  }
  const note = (): void => {
    late.push(Math.max(0, hostTime() - due))
    arm()
  }
  let start = hostTime()
  arm()
  let kept = { delay: 0, longest: 0 }
  /** Begins anew. */
  const read = (at: number): typeof kept => {
    clearTimeout(timer)
    const all = [...late, Math.max(0, at - due)].sort((a, b) => a - b)
    late = []
    arm()
    const [delay = 0, longest = 0] = [all[Math.ceil((1 - worstShare) * all.length) - 1], all.at(-1)]
    return { delay: Math.max(kept.delay, delay), longest: Math.max(kept.longest, longest) }
  }
  return {
    /** Since the last call. */
    since(at: number): Pick<ReadingValues, 'loopDelay' | 'longestBlock'> {
      const { delay, longest } = read(at)
      const worst = longest - worstShare * (at - start)
      start = at
      kept = { delay: 0, longest: 0 }
      return { loopDelay: Math.max(delay, worst), longestBlock: longest }
    },
    /** For the next reading. */
    keep(at: number): void {
      kept = read(at)
    },
    /** What was since then is in no reading. */
    begin(at: number): void {
      read(at)
    },
    end: () => clearTimeout(timer),
  }
}

function busyShare({ active, idle }: EventLoopUtilization, own: number): number {
  const share = (active - own) / (active - own + idle)
  return Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0
}

/** Garbage collection as far as nothing else could run meanwhile. */
function watchPauses() {
  let [total, longest] = [0, 0]
  let leftOut: readonly { readonly from: number; readonly until: number }[] = []
  const note = (entries: readonly { readonly startTime: number; readonly duration: number }[]): void => {
    for (const { startTime, duration } of entries) {
      if (leftOut.some(({ from, until }) => startTime >= from && startTime <= until)) continue
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
    /** Collections that began in this time, of which the observer may tell later. */
    leaveOut(from: number, until: number): void {
      leftOut = [...leftOut.slice(-9), { from, until }]
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
