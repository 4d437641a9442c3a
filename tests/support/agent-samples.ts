// Observes a server through its agents for as long as a test needs.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AgentLink, type AgentObservation, type AgentSample, agentLink } from '../../src/monitor/agent-link.ts'
import { agentAccess } from '../../src/processes/running-servers.ts'
import type { Server } from '../../src/processes/server.ts'

export interface Observed {
  readonly link: AgentLink
  readonly observation: AgentObservation
  /** As they come. */
  readonly samples: readonly AgentSample[]
  readonly start: number
  /** Waits until there are so many, 15 s at most. */
  until(count: number): Promise<void>
  /** Ends it, and what it could not see. */
  end(): Promise<readonly string[]>
}

export function linkOf(server: Server): AgentLink {
  const access = agentAccess.get(server)
  if (access === undefined) throw new Error(`${server.name} was not started`)
  return agentLink(access)
}

export function observeServer(server: Server): Observed {
  const samples: AgentSample[] = []
  const start = performance.now()
  const link = linkOf(server)
  const observation = link.observe((sample) => samples.push(sample))
  return {
    ...{ link, observation, samples, start },
    until: (count) => patiently(() => samples.length >= count),
    async end() {
      await observation.stop()
      return observation.unseen(start)
    },
  }
}

/** Resolves when it is reached, or after 15 s: what follows says what is missing. */
export async function patiently(reached: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now()
  while (!(await reached()) && performance.now() - started < 15_000) await sleep(25)
}

/** What a server of `serve-observed.ts` answers. */
export async function ask<Answer>(server: Server, path: string): Promise<Answer> {
  return (await (await fetch(server.url + path)).json()) as Answer
}
