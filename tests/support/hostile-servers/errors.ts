// Answers every fourth request, counted over all connections, with a 503.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const errors: HostileServer = (exchange) =>
  answer(exchange, exchange.request.number % 4 === 0 ? { status: '503 Service Unavailable' } : {})
