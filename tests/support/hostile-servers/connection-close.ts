// Answers with `connection: close` and closes the connection in order after every answer.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const connectionClose: HostileServer = (exchange) => {
  answer(exchange, { headers: 'connection: close\r\n' })
  const close = () => exchange.socket.end()
  if (exchange.options.delay) setTimeout(close, exchange.options.delay)
  else close()
}
