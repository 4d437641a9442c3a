// Answers 200 after the delay that was asked for and keeps the connection.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const healthy: HostileServer = (exchange) => answer(exchange)
