// Decides which of the processes that carry the agent is the server: who owns its port, and the workers of that one.
import type { AgentConnection } from '../processes/agent-connection.ts'
import { listeningPorts } from '../processes/listening-ports.ts'

/** How long a process may take to say whether it listens, where the platform does not tell. */
const answerLimit = 2000

/** A process listens, and nobody can tell where. */
const somePort = -1

/**
 * Those of `agents` that serve `port`, besides those that are `known` to. An application that took another port is
 * found when it is the only one that listens at all.
 */
export async function ownersAmong(
  agents: readonly AgentConnection[],
  port: number,
  known: readonly AgentConnection[],
): Promise<readonly AgentConnection[]> {
  const ports = await Promise.all(agents.map(portsOf))
  return serversAmong(
    agents.map((agent, index) => ({ agent, hello: agent.hello, ports: ports[index] as readonly number[] })),
    port,
    known.map(({ hello }) => hello.pid),
  ).map(({ agent }) => agent)
}

interface Candidate {
  readonly hello: { readonly pid: number; readonly ppid: number; readonly worker?: number }
  readonly ports: readonly number[]
}

export function serversAmong<Each extends Candidate>(
  candidates: readonly Each[],
  port: number,
  known: readonly number[],
): readonly Each[] {
  const onPort = candidates.filter(({ ports }) => ports.includes(port) || ports.includes(somePort))
  const onAny = candidates.filter(({ ports }) => ports.length > 0)
  const owners = onPort.length > 0 || known.length > 0 || onAny.length > 1 ? onPort : onAny
  // Workers of a cluster answer on a port that their master holds.
  const masters = new Set([...known, ...owners.map(({ hello }) => hello.pid)])
  const workers = candidates.filter(({ hello }) => hello.worker !== undefined && masters.has(hello.ppid))
  return [...new Set([...owners, ...workers])]
}

async function portsOf(agent: AgentConnection): Promise<readonly number[]> {
  if (process.platform === 'linux') return listeningPorts([agent.hello.pid]).map(({ port }) => port)
  const { listening } = await agent.ask({ name: 'listening' }, answerLimit).catch(() => ({ listening: false }))
  return listening ? [somePort] : []
}
