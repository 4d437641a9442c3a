// Where the agents of one server report: a socket that only this user can reach, gone with the server.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AgentConnection, acceptAgent } from './agent-connection.ts'
import { guardDirectory, releaseDirectory, startReaper } from './reaper.ts'

export interface AgentChannel {
  /** What the environment of the server calls it. */
  readonly address: string
  /** The Node processes of the server that run now and have said who they are. */
  readonly agents: ReadonlySet<AgentConnection>
  /** Pids of those that were there and are heard no more. */
  readonly gone: ReadonlySet<number>
  /** Calls back for every further one until the returned function is called. */
  onAgent(listener: () => void): () => void
  close(): void
}

/** A server that starts processes for hours must not fill our memory. */
const mostGone = 1000

/** Rejects when the system gives no such socket. */
export async function openAgentChannel(): Promise<AgentChannel> {
  const place = choosePlace()
  const agents = new Set<AgentConnection>()
  const gone = new Set<number>()
  const listeners = new Set<() => void>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.unref()
    socket.once('close', () => sockets.delete(socket))
    acceptAgent(socket, (agent) => {
      agents.add(agent)
      socket.once('close', () => {
        agents.delete(agent)
        gone.add(agent.hello.pid)
        const [oldest] = gone
        if (gone.size > mostGone) gone.delete(oldest as number)
      })
      for (const listener of listeners) listener()
    })
  })
  const close = (): void => {
    server.close()
    for (const socket of sockets) socket.destroy()
    place.remove()
  }
  try {
    server.listen(place.address)
    await once(server, 'listening')
  } catch (error) {
    close()
    throw error
  }
  server.on('error', () => {})
  server.unref()
  return {
    address: place.address,
    agents,
    gone,
    onAgent(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close,
  }
}

// The path of a socket has at most 104 bytes (macOS; Linux: 108), 41 of which are ours.
const longestDirectory = 60

// The reaper is told first, so that there is no moment at which a SIGKILL would leave the directory behind.
function choosePlace(): { readonly address: string; remove(): void } {
  const name = `vitest-load-agent-${randomBytes(8).toString('hex')}`
  if (process.platform === 'win32') return { address: `\\\\.\\pipe\\${name}`, remove() {} }
  const directory = join(Buffer.byteLength(tmpdir()) > longestDirectory ? '/tmp' : tmpdir(), name)
  startReaper()
  guardDirectory(directory)
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true })
    releaseDirectory(directory)
  }
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    releaseDirectory(directory)
    throw error
  }
  return { address: join(directory, 'agent'), remove }
}
