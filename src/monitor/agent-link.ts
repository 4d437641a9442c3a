// The end in our process of what the agents of a server say: observes the processes that serve, and commands them.
import { performance } from 'node:perf_hooks'
import { clearTimeout, setTimeout } from 'node:timers'
import type { Answer, Command, InspectionName, Reading } from '../agent/message.ts'
import { LoadTestError } from '../core/errors.ts'
import { formatMs } from '../core/units.ts'
import type { UsageValues } from '../core/usage.ts'
import type { AgentAccess } from '../processes/agent-admission.ts'
import type { AgentChannel } from '../processes/agent-channel.ts'
import type { AgentConnection } from '../processes/agent-connection.ts'
import { listeningPorts } from '../processes/listening-ports.ts'
import { readProcess } from '../processes/process-table.ts'
import { findServers, type Servers } from './agent-link-servers.ts'

/** What a server says of itself at one instant: `at` in ms of this thread's `performance.now()`. */
export interface AgentSample {
  readonly at: number
  /** Of several processes sizes and counts are sums, times and shares those of the worst. */
  readonly values: UsageValues
  /** `handles` by type. */
  readonly handleTypes: Readonly<Record<string, number>>
}

export interface AgentObservation {
  /** What could not be seen and why, in sentences; `start` of the run in ms of this thread's `performance.now()`. */
  unseen(start: number): readonly string[]
  /** Gives what was read since the last sample and resolves when no sample can come any more; never rejects. */
  stop(): Promise<void>
}

/** To one life of a server. */
export interface AgentLink {
  /** A sample about once a second, from the processes that serve. */
  observe(onSample: (sample: AgentSample) => void): AgentObservation
  /** Pids of the processes that serve: the owner of the port first, workers of a cluster after it. */
  members(): Promise<readonly number[]>
  /**
   * Whether a Node process serves, though its agent may be heard no more, as far as the platform tells. True where nobody can
   * tell, because the server was started without the agent.
   */
  isNode(): boolean
  /**
   * Has a process carry out a command, the first that serves unless its pid is given; times in the answer are ms of
   * this thread's `performance.now()`. Waits `limit` ms for it, 10,000 unless given.
   *
   * @throws LoadTestError `server-failed` when none serves, or it cannot, is gone or is late.
   */
  send<Name extends InspectionName>(command: Command<Name>, to?: SendOptions): Promise<Answer<Name>>
}

export interface SendOptions {
  readonly pid?: number
  readonly limit?: number
}

const commandLimit = 10_000
const helloLimit = 250
const whatIsSeen = 'its event loop, heap and garbage collection'

// Both clocks tell the same time of the machine from different origins; a user's fake clock must not come in between.
const hrtime = process.hrtime.bigint.bind(process.hrtime)
const origin = performance.now() - Number(hrtime()) / 1e6

const links = new WeakMap<AgentAccess, AgentLink>()

/** The same for the same life; `port` is that of its process. */
export function agentLink(access: AgentAccess & { readonly port: number }): AgentLink {
  const link = links.get(access) ?? (access.channel ? linkTo(access.channel, access.port) : noLink(access.missing))
  links.set(access, link)
  return link
}

function noLink(missing: string): AgentLink {
  const sentence = `${whatIsSeen}: ${missing}`
  return {
    observe: () => ({ unseen: () => [sentence], stop: () => Promise.resolve() }),
    members: () => Promise.resolve([]),
    isNode: () => true,
    send: () => Promise.reject(new LoadTestError('server-failed', sentence)),
  }
}

function linkTo(channel: AgentChannel, port: number): AgentLink {
  const servers = findServers(channel, port)
  let isNew = true
  const link: AgentLink = {
    observe: shareObservation(servers, port),
    async members() {
      await servers.look()
      // Once: what is no Node process never says hello.
      if (servers.found.length === 0 && isNew) {
        isNew = false
        await nextAgent(channel)
        await servers.look()
      }
      return servers.found.map(({ hello }) => hello.pid)
    },
    isNode: () => servers.found.length + servers.lost.length > 0 || listeningPorts([...channel.gone]).length > 0,
    async send(command, { pid, limit = commandLimit } = {}) {
      const pids = await link.members()
      const server = servers.found.find(({ hello }) => hello.pid === (pid ?? pids[0]))
      if (server === undefined) {
        const who =
          pid === undefined ? `no Node process with the agent listens on port ${port}` : `process ${pid} does not serve`
        throw new LoadTestError('server-failed', `the server cannot carry out '${command.name}': ${who}`)
      }
      return placed(await server.ask(command, limit))
    },
  }
  return link
}

/** A server accepts connections a moment before its agent is heard: waits for who comes next, but not for long. */
function nextAgent(channel: AgentChannel): Promise<void> {
  return new Promise((resolve) => {
    const come = (): void => {
      clearTimeout(late)
      ignore()
      resolve()
    }
    const late = setTimeout(come, helloLimit)
    const ignore = channel.onAgent(come)
  })
}

/** With its times on the axis of this thread. */
function placed<Given extends object>(answer: Given): Given {
  const times = Object.entries(answer).filter(([key]) => key === 'start' || key === 'end')
  return { ...answer, ...Object.fromEntries(times.map(([key, time]) => [key, time + origin])) }
}

/** One observation of the processes, however many look on: the first begins it, the last ends it. */
function shareObservation(servers: Servers, port: number): AgentLink['observe'] {
  const onlookers = new Set<(sample: AgentSample) => void>()
  /** The others wait for their last sample alone. */
  const active = new Set<(sample: AgentSample) => void>()
  const deliver = (reading: Reading | undefined): void => {
    if (reading === undefined) return
    const sample = { ...reading, at: reading.at + origin }
    for (const onSample of onlookers) onSample(sample)
  }
  return (onSample) => {
    const account = createAccount(servers, port)
    const onlooker = (sample: AgentSample): void => {
      account.heard(sample.at)
      onSample(sample)
    }
    onlookers.add(onlooker)
    active.add(onlooker)
    if (active.size === 1) servers.observe(deliver)
    return {
      unseen: account.unseen,
      async stop() {
        if (active.delete(onlooker) && active.size === 0) account.held(await servers.silence())
        onlookers.delete(onlooker)
      },
    }
  }
}

/** What an onlooker got, and what it did not. */
function createAccount(servers: Servers, port: number) {
  let last: number | undefined
  let held: readonly AgentConnection[] = []
  const began = performance.now()
  const into = (at: number, start: number): string => `${formatMs(Math.max(0, at - start))} into the run`
  return {
    heard(at: number): void {
      last = at
    },
    held(processes: readonly AgentConnection[]): void {
      held = processes
    },
    unseen(start: number): readonly string[] {
      if (servers.found.length === 0 && servers.lost.every(({ at }) => at < began) && last === undefined) {
        return [`${whatIsSeen}: no Node process with the agent listens on port ${port}`]
      }
      const silent = servers.lost.filter(({ at, pid }) => at >= began && runs(pid))
      return [
        ...silent.map(({ pid, at }) => `${whatIsSeen}: the agent in process ${pid} fell silent ${into(at, start)}`),
        ...held.map(({ hello: { pid } }) => {
          const read = last === undefined ? 'nothing was read' : `the last reading is of ${into(last, start)}`
          return `${whatIsSeen}: process ${pid} did not answer at the end, paused or busy with one thing; ${read}`
        }),
      ]
    },
  }
}

/** Not for a zombie, where the platform tells. */
function runs(pid: number): boolean {
  if (process.platform === 'linux') return readProcess(pid) !== undefined
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
