// Writes a whole answer after the delay that was asked for, and counts it when it goes out.
import type { Exchange } from './hostile-server.ts'

export interface AnswerShape {
  readonly status?: string
  readonly headers?: string
}

/** By size, so that large ones cost no memory per answer. */
const bodies = new Map<number, Buffer>()

export function answer(
  { socket, log, options }: Exchange,
  { status = '200 OK', headers = '' }: AnswerShape = {},
): void {
  const write = () => {
    if (!socket.writable) {
      log.held++
      return
    }
    const body = bodyOf(options.bodyBytes ?? 2)
    const head = `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n${headers}content-length: ${body.length}\r\n\r\n`
    socket.cork()
    socket.write(head)
    socket.write(body)
    socket.uncork()
    log.answered++
    if (status.startsWith('5')) log.errors++
  }
  if (options.delay) setTimeout(write, options.delay)
  else write()
}

function bodyOf(bytes: number): Buffer {
  let body = bodies.get(bytes)
  if (!body) {
    body = Buffer.alloc(bytes, 'k')
    bodies.set(bytes, body)
  }
  return body
}
