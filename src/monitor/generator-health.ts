// Watches the thread that sends the load: how busy its event loop is, how late its timers are, what its process uses.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import { type GeneratorUsage, type Suspensions, UsageRecorder } from '../core/usage.ts'
import { watchSuspensions } from './suspension.ts'

/** Event-loop delay is read off a timer of this many ms, which is part of every value it reports. */
const resolution = 10
const interval = 1000

export interface GeneratorHealth extends Omit<GeneratorUsage, 'sharesLoop' | 'suspended'> {
  /** Until the last iteration had ended, not only in the measured time. */
  readonly suspensions: Suspensions
}

export interface GeneratorWatch {
  /** The measured time begins. */
  begin(): void
  /** The measured time is over; a later call changes nothing. Suspensions are watched on. */
  end(): void
  /** What was seen between the two. Must be called, also for a run that failed. */
  finish(): GeneratorHealth
}

/** @param measuredStart in ms of `performance.now()` */
export function watchGenerator(measuredStart: number): GeneratorWatch {
  const delay = monitorEventLoopDelay({ resolution })
  let series = new UsageRecorder()
  const suspensions = watchSuspensions(measuredStart)
  let usage: Omit<GeneratorHealth, 'suspensions'> | undefined
  let start = performance.now()
  let lastTime = start
  let lastCpu = process.cpuUsage()
  let idle = idleTime()

  const sample = () => {
    const memory = readRss()
    if (memory === undefined) return
    const now = performance.now()
    const { user, system } = process.cpuUsage(lastCpu)
    // CPU time is in microseconds: per ms of wall time, in percent of one core.
    const cpu = (user + system) / (now - lastTime) / 10
    series.add(now, { cpu, memory })
    lastCpu = process.cpuUsage()
    lastTime = now
  }
  const timer = setInterval(sample, interval)
  timer.unref()
  delay.enable()

  const end = () => {
    if (usage) return usage
    clearInterval(timer)
    delay.disable()
    // A short rest after the last full second would weigh as much as a second and says little.
    if (series.newest('cpu') === undefined || performance.now() - lastTime > interval / 2) sample()
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
    usage = {
      series: series.within(start, Number.POSITIVE_INFINITY),
      loopDelay: { p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) },
      utilization: Math.min(1, Math.max(0, 1 - (idleTime() - idle) / (performance.now() - start))),
    }
    return usage
  }
  return {
    begin() {
      start = lastTime = performance.now()
      lastCpu = process.cpuUsage()
      idle = idleTime()
      series = new UsageRecorder()
      delay.reset()
    },
    end,
    finish: () => ({ ...end(), suspensions: suspensions.finish() }),
  }
}

/**
 * How long the event loop has waited so far, ms. Only this figure of Node's own utilization comes from libuv alone: the busy
 * time is computed with `process.hrtime`, which a user's fake timers replace.
 */
function idleTime(): number {
  return performance.eventLoopUtilization().idle
}

/** Undefined when it cannot be read: on Linux that takes a file descriptor, and a load may have used up all of them. */
function readRss(): number | undefined {
  try {
    return process.memoryUsage.rss()
  } catch {
    return undefined
  }
}
