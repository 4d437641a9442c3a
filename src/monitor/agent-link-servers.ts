// The processes of a server that serve its port, found as they come and forgotten as they go, and what they read.
import { performance } from 'node:perf_hooks'
import { clearInterval, setInterval } from 'node:timers'
import type { Reading } from '../agent/message.ts'
import type { AgentChannel } from '../processes/agent-channel.ts'
import type { AgentConnection } from '../processes/agent-connection.ts'
import { createReadingJoin, type ReadingJoin } from './agent-link-join.ts'
import { ownersAmong } from './agent-link-owner.ts'

export interface Servers {
  /** The owner of the port first, workers of a cluster after it. */
  readonly found: readonly AgentConnection[]
  /** Those that went, at what time of `performance.now()`. */
  readonly lost: readonly { readonly pid: number; readonly at: number }[]
  /** Looks for those that were not found yet. */
  look(): Promise<void>
  /** A joint reading about once a second, of those that serve now and those that will. */
  observe(onReading: (reading: Reading | undefined) => void): void
  /** Ends that after a last reading, and tells who did not answer any more. Never rejects. */
  silence(): Promise<readonly AgentConnection[]>
}

const answerLimit = 1000
const lookInterval = 1000
/** How often a process is looked at: one that starts slowly opens its port late. */
const mostLooks = { whileNoneServes: 10, afterwards: 3 }
/** Of those that went; a server whose workers crash for hours must not fill our memory. */
const mostLost = 100

export function findServers(channel: AgentChannel, port: number): Servers {
  let found: readonly AgentConnection[] = []
  let looks = new WeakMap<AgentConnection, number>()
  let observation: ReturnType<typeof startObservation> | undefined
  let looking: Promise<void> | undefined
  const lost: { pid: number; at: number }[] = []

  const leave = (agent: AgentConnection): void => {
    found = found.filter((each) => each !== agent)
    lost.push({ pid: agent.hello.pid, at: performance.now() })
    if (lost.length > mostLost) lost.shift()
    observation?.leave(agent)
  }
  const lookOnce = async (): Promise<void> => {
    const most = found.length === 0 ? mostLooks.whileNoneServes : mostLooks.afterwards
    const open = [...channel.agents].filter((agent) => !found.includes(agent) && (looks.get(agent) ?? 0) < most)
    if (open.length === 0) return
    for (const agent of open) looks.set(agent, (looks.get(agent) ?? 0) + 1)
    const more = (await ownersAmong(open, port, found)).filter((agent) => agent.open)
    found = [...found, ...more]
    for (const agent of more) {
      void agent.closed.then(() => leave(agent))
      observation?.enter(agent)
    }
  }
  const look = (): Promise<void> => {
    looking ??= lookOnce().finally(() => {
      looking = undefined
    })
    return looking
  }
  return {
    get found() {
      return found
    },
    lost,
    look,
    observe(onReading) {
      looks = new WeakMap()
      observation = startObservation(found, onReading)
      observation.follow(
        channel,
        () => void look(),
        () => found.length === 0,
      )
      void look()
    },
    async silence() {
      const ending = observation
      observation = undefined
      const late = (await ending?.end()) ?? []
      await looking
      return late
    },
  }
}

function startObservation(found: readonly AgentConnection[], onReading: (reading: Reading | undefined) => void) {
  const join: ReadingJoin = createReadingJoin()
  const watched = new Map<AgentConnection, (reading: Reading) => void>()
  let unfollow = (): void => {}
  const enter = (agent: AgentConnection): void => {
    const { pid } = agent.hello
    const hear = (reading: Reading): void => onReading(join.add(pid, reading))
    watched.set(agent, hear)
    join.enter(pid)
    agent.onReading = hear
    agent.ask({ name: 'observe' }, answerLimit).catch(() => {})
  }
  /** The process itself when it is there and does not answer. */
  const silence = async (agent: AgentConnection): Promise<AgentConnection | undefined> => {
    try {
      const { last } = await agent.ask({ name: 'silence' }, answerLimit)
      // The next observation may have begun.
      if (agent.onReading === watched.get(agent)) agent.onReading = undefined
      if (last) join.keep(agent.hello.pid, last)
      return undefined
    } catch {
      return agent.open ? agent : undefined
    }
  }
  for (const agent of found) enter(agent)
  return {
    enter,
    leave(agent: AgentConnection): void {
      watched.delete(agent)
      join.leave(agent.hello.pid)
    },
    /** Looks again once a second, and at once for whoever comes while none serves. */
    follow(channel: AgentChannel, look: () => void, isNeeded: () => boolean): void {
      const timer = setInterval(look, lookInterval)
      timer.unref()
      const ignore = channel.onAgent(() => {
        if (isNeeded()) look()
      })
      unfollow = () => {
        clearInterval(timer)
        ignore()
      }
    },
    /** Asks for silence at once: who observes next asks after that. */
    async end(): Promise<readonly AgentConnection[]> {
      unfollow()
      const late = await Promise.all([...watched.keys()].map(silence))
      onReading(join.rest())
      return late.flatMap((agent) => agent ?? [])
    },
  }
}
