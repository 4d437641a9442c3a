// Writes a whole answer after the delay that was asked for, and counts it when it goes out.
import type { Exchange } from './hostile-server.ts'

export interface AnswerShape {
  readonly status?: string
  readonly headers?: string
}

export function answer(
  { socket, log, options }: Exchange,
  { status = '200 OK', headers = '' }: AnswerShape = {},
): void {
  const write = () => {
    if (socket.destroyed) {
      log.held++
      return
    }
    const body = 'k'.repeat(options.bodyBytes ?? 2)
    socket.write(
      `HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
    )
    log.answered++
    if (status.startsWith('5')) log.errors++
  }
  if (options.delay) setTimeout(write, options.delay)
  else write()
}
