// Answers for a while, then stops listening and resets all its connections, and a while later listens again.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const diesAndReturns: HostileServer = (exchange) => {
  const { request, server, options } = exchange
  if (request.number === 1) {
    const downAfter = options.downAfter ?? 300
    setTimeout(() => {
      for (const socket of server.goDown()) socket.resetAndDestroy()
    }, downAfter)
    setTimeout(() => server.comeBack(), downAfter + (options.downFor ?? 300))
  }
  answer(exchange)
}
