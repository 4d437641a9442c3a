// Follows the servers that run beside a load run: what they use, and whether one ends before its time.
import { performance } from 'node:perf_hooks'
import type { RunEvent } from '../core/run.ts'
import { type ServerUsage, UsageRecorder } from '../core/usage.ts'
import { doubt, warning } from '../core/warning.ts'
import { monitorProcesses } from '../monitor/process-usage.ts'
import { runningServers } from '../processes/running-servers.ts'
import type { Server } from '../processes/server.ts'
import { describeExit } from '../processes/start-failure.ts'
import { watchAgents } from './agent-watch.ts'
import { type ForeignServer, hasEnded } from './foreign-servers.ts'

export interface ServerWatch extends AsyncDisposable {
  /** What is used from now on is that of the load, and not of the wait for it. */
  begin(): void
  /** Newest usage of each server. */
  latest(): readonly { readonly name: string; readonly cpuPercent: number; readonly rssBytes: number }[]
  /** @param start the measured start and `duration` its length, in ms of this thread's `performance.now()` */
  finish(start: number, duration: number): Promise<ServerReport>
}

export interface ServerReport {
  /** Every life of every server that was seen; without samples where nothing is known of it. */
  readonly servers: readonly ServerUsage[]
  readonly events: readonly RunEvent[]
  readonly warnings: readonly string[]
  /** Those that ended inside the run although nobody asked them to, in sentences. */
  readonly ended: readonly string[]
}

/** A server from one start of its process to its end. */
interface Life {
  readonly name: string
  readonly pid: number
  readonly usage: UsageRecorder
  /** What could not be seen of it and why, in sentences. */
  readonly unseen: Set<string>
}

/** @param foreign servers that serve() did not start */
export function watchServers(foreign: readonly ForeignServer[] = []): ServerWatch {
  const began = performance.now()
  const watched = new Set<Server>()
  const lives = new Map<number, Life>()
  const agents = watchAgents((pid, at, values) => lives.get(pid)?.usage.add(at, values))
  // Everything that runs at a round is kept, so that what ends before its first sample is unknown and not forgotten.
  const look = (): readonly Life[] => {
    for (const server of runningServers()) {
      watched.add(server)
      agents.begin(server)
    }
    const others = foreign.filter((server) => !hasEnded(server))
    const now = [...runningServers(), ...others].map(({ name, pid }) => {
      const life = lives.get(pid) ?? { name, pid, usage: new UsageRecorder(), unseen: new Set() }
      lives.set(pid, life)
      return life
    })
    return [...new Set(now)]
  }
  const monitor = monitorProcesses(look, {
    onSample: ({ pid, at, values, unseen }) => {
      const life = lives.get(pid)
      life?.usage.add(at, values)
      for (const sentence of unseen) life?.unseen.add(sentence)
    },
  })
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([monitor.stop(), agents.stop()])
    },
    begin: () => void monitor.sample(),
    latest: () =>
      [...lives.values()].flatMap(({ name, usage }) => {
        const [cpuPercent, rssBytes] = [usage.newest('cpu'), usage.newest('memory')]
        return cpuPercent === undefined || rssBytes === undefined ? [] : [{ name, cpuPercent, rssBytes }]
      }),
    async finish(start, duration) {
      const last = performance.now() <= start + duration + 500 ? monitor.sample() : undefined
      await Promise.all([last, agents.stop()])
      await monitor.stop()
      const gone = foreign.filter(hasEnded)
      for (const { pid } of foreign) lives.get(pid)?.unseen.add('its event loop and heap: serve() did not start it')
      for (const { pid } of gone) lives.get(pid)?.unseen.add('the time after its end: its process ended during the run')
      const exits = [...watched].flatMap(({ name, unexpectedExit: exit }) => {
        if (!exit || exit.at < began) return []
        const at = exit.at - start
        return [{ name, at, how: describeExit(exit), log: exit.log }]
      })
      const ended = exits.map(({ name, how, at }) => doubt.serverEnded(name, how, at))
      return {
        // The last sample is taken when the last iteration has ended.
        servers: [...lives.values()].map(({ name, pid, usage, unseen }) => ({
          ...{ name, pid, unseen: [...unseen, ...agents.unseen(pid, start)] },
          series: usage.within(start, start + duration + 500),
        })),
        events: exits.map(({ name, at, how }) => ({ at, name: `${name} ended`, detail: how })),
        warnings: [
          ...exits.map(({ log }, index) => warning.serverEnded(ended[index] as string, log)),
          ...gone.map(({ name }) => warning.watchedEnded(name)),
        ],
        ended,
      }
    },
  }
}
