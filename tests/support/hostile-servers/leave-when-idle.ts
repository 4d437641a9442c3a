// Answers, and leaves a connection on which no further request has arrived for a while.
import type { Socket } from 'node:net'
import { answer } from './answer.ts'
import type { Exchange } from './hostile-server.ts'

const leaving = new WeakMap<Socket, NodeJS.Timeout>()

export function leaveWhenIdle(exchange: Exchange, leave: () => void): void {
  const { socket, log, options } = exchange
  clearTimeout(leaving.get(socket))
  if (!socket.writable) {
    log.closed++
    return
  }
  answer(exchange)
  leaving.set(socket, setTimeout(leave, (options.delay ?? 0) + (options.idle ?? 5)))
}
