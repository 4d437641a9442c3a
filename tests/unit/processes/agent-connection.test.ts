// One end of the talk with an agent, over a stream that stands for its socket.
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { LoadTestError } from '../../../src/core/errors.ts'
import { type AgentConnection, acceptAgent } from '../../../src/processes/agent-connection.ts'

const hello = { pid: 7, ppid: 1, node: 'v24.0.0', title: '/app/server.js' }
let wire: Duplex
let sent: string[]
let agents: AgentConnection[]

function connect(): void {
  sent = []
  agents = []
  wire = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      sent.push(String(chunk))
      done()
    },
  })
  acceptAgent(wire as Socket, (agent) => agents.push(agent))
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

async function say(...messages: unknown[]): Promise<void> {
  for (const message of messages) wire.push(`${JSON.stringify(message)}\n`)
  await settled()
}

afterEach(() => wire.destroy())

describe('an agent', () => {
  it('is there when it has said who it is, once, however its words are cut', async () => {
    connect()
    const line = `${JSON.stringify({ hello: { ...hello, title: 'größer' } })}\n`
    for (const byte of Buffer.from(line)) wire.push(Buffer.of(byte))
    await settled()
    await say({ hello })
    expect(agents.map((agent) => agent.hello)).toEqual([{ ...hello, title: 'größer' }])
    expect(agents[0]?.open).toBe(true)
  })

  it('answers each question with its own answer', async () => {
    connect()
    await say({ hello })
    const [agent] = agents as [AgentConnection]
    const asked = [agent.ask({ name: 'gc' }, 1000), agent.ask({ name: 'listening' }, 1000)] as const
    expect(sent.map((line) => JSON.parse(line))).toEqual([
      { id: 1, command: { name: 'gc' } },
      { id: 2, command: { name: 'listening' } },
    ])
    await say(
      { answer: 2, gives: { listening: true } },
      { answer: 1, gives: { heapUsed: 5 } },
      { answer: 9, gives: {} },
    )
    expect(await Promise.all(asked)).toEqual([{ heapUsed: 5 }, { listening: true }])
  })

  it('tells its readings to who listens', async () => {
    connect()
    await say({ hello })
    const [agent] = agents as [AgentConnection]
    const heard: unknown[] = []
    await say({ reading: { at: 1 } })
    agent.onReading = (reading) => heard.push(reading)
    await say({ reading: { at: 2 } })
    expect(heard).toEqual([{ at: 2 }])
  })

  it('that fails, is late or goes away fails its questions, each in its words', async () => {
    connect()
    await say({ hello })
    const [agent] = agents as [AgentConnection]
    const words = (promise: Promise<unknown>) =>
      promise.catch((error: unknown) => (error instanceof LoadTestError ? `${error.code}: ${error.message}` : error))
    const failing = words(agent.ask({ name: 'gc' }, 1000))
    await say({ failed: 1, why: 'no inspector' })
    const late = words(agent.ask({ name: 'gc' }, 1))
    expect(await failing).toBe("server-failed: the agent in the server could not carry out 'gc': no inspector")
    expect(await late).toBe(
      "server-failed: the agent in the server did not answer 'gc' within 1 ms: its event loop is held up",
    )
    const left = words(agent.ask({ name: 'gc' }, 1000))
    wire.destroy()
    expect(await left).toBe("server-failed: the agent in the server fell silent before it had carried out 'gc'")
    await agent.closed
    expect(agent.open).toBe(false)
    expect(await words(agent.ask({ name: 'gc' }, 1000))).toBe(
      "server-failed: the agent in the server is gone and cannot carry out 'gc'",
    )
  })

  it.each(['GET / HTTP/1.1\r\n', 'null\n', '7\n', '{"hello":\n'])('is not who says %j', async (text) => {
    connect()
    wire.push(text)
    await settled()
    expect(wire.destroyed).toBe(true)
    expect(agents).toEqual([])
  })
})
