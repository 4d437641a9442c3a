// Preloaded into every Node process that serve() starts: says who it is, and is silent until its owner asks for more.
import { connect, type Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import type { Command, FromAgent, Hello, ToAgent } from './message.ts'
import { type Observation, observe } from './observation.ts'

// Its owner's threads and those of the server share the process that was already told of.
const address = process.env.VITEST_LOAD_AGENT
if (isMainThread && address) join(address)

/** A channel that is gone, or breaks, or says nonsense, is none of the server's business. */
function join(path: string): void {
  try {
    const socket = connect(path)
    socket.unref()
    const say = (message: FromAgent): void => {
      if (socket.writable) socket.write(`${JSON.stringify(message)}\n`)
    }
    const session = startSession(say)
    socket.on('error', () => {})
    socket.on('close', session.end)
    listen(socket, (order) => void session.obey(order))
    void introduce(say)
  } catch {
    // No agent, then.
  }
}

async function introduce(say: (message: FromAgent) => void): Promise<void> {
  const worker = await workerNumber()
  const hello: Hello = {
    pid: process.pid,
    ppid: process.ppid,
    node: process.version,
    title: process.argv[1] ?? process.title,
    ...(worker === undefined ? {} : { worker }),
  }
  say({ hello })
}

// Who has a channel to its parent may be a worker of a cluster; the others need not load the module to know.
async function workerNumber(): Promise<number | undefined> {
  if (process.send === undefined) return undefined
  try {
    return (await import('node:cluster')).default.worker?.id
  } catch {
    return undefined
  }
}

function listen(socket: Socket, obey: (order: ToAgent) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      try {
        obey(JSON.parse(line))
      } catch {
        socket.destroy()
      }
    }
  })
}

function startSession(say: (message: FromAgent) => void) {
  let observation: Observation | undefined
  let release: (() => void) | undefined
  const silence = (): object => {
    const last = observation?.end()
    observation = undefined
    return last ? { last } : {}
  }
  const carryOut = async (command: Command): Promise<object> => {
    switch (command.name) {
      case 'observe':
        observation ??= observe((reading) => say({ reading }))
        return {}
      case 'silence':
        return silence()
      case 'listening':
        return { listening: process.getActiveResourcesInfo().includes('TCPServerWrap') }
      default: {
        const inspection = await import('./inspection.ts')
        release = inspection.release
        const work = () => inspection.inspect(command)
        return observation ? observation.without(work) : work()
      }
    }
  }
  return {
    async obey({ id, command }: ToAgent): Promise<void> {
      try {
        say({ answer: id, gives: await carryOut(command) })
      } catch (error) {
        say({ failed: id, why: error instanceof Error ? error.message : String(error) })
      }
    },
    end(): void {
      silence()
      release?.()
    },
  }
}
