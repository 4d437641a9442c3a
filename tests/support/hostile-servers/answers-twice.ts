// Answers every request twice, in one piece and without a delay: the second answer is to nothing.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const answersTwice: HostileServer = (exchange) => {
  exchange.socket.cork()
  answer(exchange)
  answer({ ...exchange, log: { ...exchange.log } })
  exchange.socket.uncork()
}
