// Has the agents of the servers that serve() started observe them for as long as a load run lasts.
import type { UsageValues } from '../core/usage.ts'
import { type AgentObservation, agentLink } from '../monitor/agent-link.ts'
import { agentAccess } from '../processes/running-servers.ts'
import type { Server } from '../processes/server.ts'

export interface AgentWatch {
  /** Begins with a life of a server that is not observed yet, while it runs. */
  begin(server: Server): void
  /** Resolves when no sample can come any more, after a last one of each. */
  stop(): Promise<void>
  /** Of the life with this pid, in sentences; `start` of the run in ms of this thread's `performance.now()`. */
  unseen(pid: number, start: number): readonly string[]
}

export function watchAgents(onSample: (pid: number, at: number, values: UsageValues) => void): AgentWatch {
  const observations = new Map<number, AgentObservation>()
  return {
    begin(server) {
      const { pid } = server
      const access = agentAccess.get(server)
      if (access === undefined || observations.has(pid)) return
      observations.set(
        pid,
        agentLink(access).observe(({ at, values }) => onSample(pid, at, values)),
      )
    },
    async stop() {
      await Promise.all([...observations.values()].map((observation) => observation.stop()))
    },
    unseen: (pid, start) => observations.get(pid)?.unseen(start) ?? [],
  }
}
