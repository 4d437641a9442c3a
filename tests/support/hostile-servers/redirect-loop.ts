// Sends every request back to where it was going.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const redirectLoop: HostileServer = (exchange) =>
  answer(exchange, { status: '302 Found', headers: `location: ${exchange.request.path}\r\n` })
