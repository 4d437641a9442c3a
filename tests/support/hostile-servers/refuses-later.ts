// Answers for a while, then stops listening for good and closes all its connections in order.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const refusesLater: HostileServer = (exchange) => {
  const { request, server, log, options } = exchange
  if (request.number === 1) {
    setTimeout(() => {
      for (const socket of server.goDown()) socket.end()
    }, options.downAfter ?? 300)
  }
  if (server.isDown) log.closed++
  else answer(exchange)
}
