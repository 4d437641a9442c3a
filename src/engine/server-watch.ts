// Follows the servers that run beside a load run: what they use, and whether one ends before its time.
import { performance } from 'node:perf_hooks'
import type { RunEvent } from '../core/run.ts'
import { fitSamples, type ServerUsage, type UsageSample } from '../core/usage.ts'
import { warning } from '../core/warning.ts'
import { monitorProcesses } from '../monitor/process-usage.ts'
import { runningServers } from '../processes/running-servers.ts'
import { describeExit } from '../processes/start-failure.ts'

export interface ServerWatch extends AsyncDisposable {
  /** Newest usage of each server. */
  latest(): readonly { readonly name: string; readonly cpuPercent: number; readonly rssBytes: number }[]
  /** @param start the measured start and `duration` its length, in ms of this thread's `performance.now()` */
  finish(start: number, duration: number): Promise<ServerReport>
}

export interface ServerReport {
  readonly servers: readonly ServerUsage[]
  readonly events: readonly RunEvent[]
  readonly warnings: readonly string[]
}

export function watchServers(): ServerWatch {
  const began = performance.now()
  const watched = runningServers()
  const samples = new Map<string, { name: string; pid: number; samples: UsageSample[] }>()
  const monitor = monitorProcesses(runningServers, {
    onSample: ({ name, pid, at, cpuPercent, rssBytes }) => {
      const series = samples.get(`${name} ${pid}`) ?? { name, pid, samples: [] }
      samples.set(`${name} ${pid}`, series)
      series.samples.push({ at, cpuPercent, rssBytes })
    },
  })
  return {
    [Symbol.asyncDispose]: () => monitor.stop(),
    latest: () =>
      [...samples.values()].flatMap(({ name, samples }) => {
        const newest = samples.at(-1)
        return newest ? [{ name, cpuPercent: newest.cpuPercent, rssBytes: newest.rssBytes }] : []
      }),
    async finish(start, duration) {
      if (performance.now() <= start + duration + 500) await monitor.sample()
      await monitor.stop()
      const exits = watched.flatMap(({ name, unexpectedExit }) =>
        unexpectedExit && unexpectedExit.at >= began ? [{ name, ...unexpectedExit }] : [],
      )
      return {
        servers: [...samples.values()].map((series) => ({
          ...series,
          samples: within(series.samples, start, duration),
        })),
        events: exits.map((exit) => ({ at: exit.at - start, name: `${exit.name} ended`, detail: describeExit(exit) })),
        warnings: exits.map((exit) => warning.serverEnded(exit.name, describeExit(exit), exit.at - start, exit.log)),
      }
    },
  }
}

/** Samples of the measured time, on its axis. */
function within(all: readonly UsageSample[], start: number, duration: number): readonly UsageSample[] {
  const samples = all.map((sample) => ({ ...sample, at: sample.at - start }))
  return fitSamples(samples.filter(({ at }) => at > 0 && at <= duration + 500))
}
