// Preloaded into every thread of a process, it moves a clock of the machine: MOVED_CLOCK says which.
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { performance } from 'node:perf_hooks'
import threads, { isMainThread, type WorkerOptions } from 'node:worker_threads'

const hour = 3_600_000

if (process.env.MOVED_CLOCK === 'time of day') jumpToAndFro()
else if (!isMainThread) sleepAnHour()
followIntoThreads()
console.log(`clocks are moved in ${isMainThread ? 'the main thread' : 'a worker'}`)

/** An hour ahead and an hour back, five times a second. */
function jumpToAndFro(): void {
  const RealDate = Date
  const jumps = [0, hour, -hour]
  const jump = () => jumps[Math.floor(performance.now() / 200) % jumps.length] as number
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args) => (args.length === 0 ? new target(Date.now()) : Reflect.construct(target, args)),
    get: (target, name) => (name === 'now' ? () => target.now() + jump() : Reflect.get(target, name)),
  })
}

/** As after a suspension in which the monotonic clock stood still: uptime alone has gone on when it is read again. */
function sleepAnHour(): void {
  const { uptime } = os
  let readings = 0
  os.uptime = () => uptime() + (++readings > 3 ? hour / 1000 : 0)
}

/** A worker thread takes over neither `--import` nor what was replaced. */
function followIntoThreads(): void {
  const { Worker } = threads
  threads.Worker = class extends Worker {
    constructor(entry: string | URL, options?: WorkerOptions) {
      super(entry, { ...options, execArgv: ['--import', import.meta.url] })
    }
  }
  syncBuiltinESMExports()
}
