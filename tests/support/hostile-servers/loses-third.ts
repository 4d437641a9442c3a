// Answers, but closes the connection instead on every third request, counted over all connections.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const losesThird: HostileServer = (exchange) => {
  if (exchange.request.number % 3 !== 0) {
    answer(exchange)
    return
  }
  exchange.log.closed++
  exchange.socket.end()
}
