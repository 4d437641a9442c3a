// One process that carries the agent, seen from here: who it is, what it reads, what it is asked.
import type { Socket } from 'node:net'
import { clearTimeout, setTimeout } from 'node:timers'
import type { Answer, Command, CommandName, FromAgent, Hello, Reading } from '../agent/message.ts'
import { LoadTestError } from '../core/errors.ts'
import { formatMs } from '../core/units.ts'

export interface AgentConnection {
  readonly hello: Hello
  /** False once nothing more can come from it. */
  readonly open: boolean
  /** Resolves when it is no longer open. */
  readonly closed: Promise<void>
  /** Who is told of its readings. */
  onReading: ((reading: Reading) => void) | undefined
  /** Rejects with a LoadTestError `server-failed` when it cannot, is gone, or has not answered after `limit` ms. */
  ask<Name extends CommandName>(command: Command<Name>, limit: number): Promise<Answer<Name>>
}

interface Question {
  resolve(gives: object): void
  reject(error: LoadTestError): void
}

/** For what nobody waits for. */
const longestWait = 600_000
/** What begins too late ends at once. */
const takenBack = { 'profile-start': 'profile-discard', 'allocations-start': 'allocations-discard' } as const
// A source map in an address can be long; nothing that an agent says is longer.
const longestLine = 256 * 1024 * 1024

/** Calls back once it has said who it is. */
export function acceptAgent(socket: Socket, onHello: (agent: AgentConnection) => void): void {
  const questions = new Map<number, Question & { readonly of: CommandName }>()
  const closed = Promise.withResolvers<void>()
  let agent: AgentConnection | undefined
  let asked = 0

  const ask = <Name extends CommandName>(command: Command<Name>, limit: number): Promise<Answer<Name>> => {
    const id = ++asked
    const answer = Promise.withResolvers<object>()
    const late = setTimeout(() => {
      const { name } = command
      if (name in takenBack) {
        const end = { name: takenBack[name as keyof typeof takenBack] }
        questions.set(id, { of: name, resolve: () => void ask(end, longestWait).catch(() => {}), reject: () => {} })
      } else questions.delete(id)
      answer.reject(failed(`did not answer '${command.name}' within ${formatMs(limit)}: its event loop is held up`))
    }, limit)
    if (socket.destroyed) answer.reject(failed(`is gone and cannot carry out '${command.name}'`))
    else {
      questions.set(id, { ...answer, of: command.name })
      socket.write(`${JSON.stringify({ id, command })}\n`)
    }
    return answer.promise.finally(() => clearTimeout(late)) as Promise<Answer<Name>>
  }
  const taken = (id: number) => {
    const question = questions.get(id)
    questions.delete(id)
    return question
  }
  const hear = (message: FromAgent): void => {
    if ('hello' in message) {
      if (agent) return
      const open = () => !socket.destroyed
      agent = {
        hello: message.hello,
        closed: closed.promise,
        onReading: undefined,
        ask,
        get open() {
          return open()
        },
      }
      onHello(agent)
    } else if ('reading' in message) agent?.onReading?.(message.reading)
    else if ('answer' in message) taken(message.answer)?.resolve(message.gives)
    else {
      const question = taken(message.failed)
      question?.reject(failed(`could not carry out '${question.of}': ${message.why}`))
    }
  }
  readLines(socket, hear)
  socket.on('error', () => {})
  socket.once('close', () => {
    for (const { of, reject } of questions.values()) reject(failed(`fell silent before it had carried out '${of}'`))
    closed.resolve()
  })
}

function failed(what: string): LoadTestError {
  return new LoadTestError('server-failed', `the agent in the server ${what}`)
}

/** Who does not speak as an agent does is not listened to. */
function readLines(socket: Socket, hear: (message: FromAgent) => void): void {
  let parts: string[] = []
  let length = 0
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const [first, ...lines] = chunk.split('\n') as [string, ...string[]]
    parts.push(first)
    length += first.length
    for (const next of lines) {
      const message = parse(parts.join(''))
      if (message === undefined) socket.destroy()
      else hear(message)
      parts = [next]
      length = next.length
    }
    if (length > longestLine) socket.destroy()
  })
}

function parse(line: string): FromAgent | undefined {
  try {
    const message: unknown = JSON.parse(line)
    return typeof message === 'object' && message !== null ? (message as FromAgent) : undefined
  } catch {
    return undefined
  }
}
