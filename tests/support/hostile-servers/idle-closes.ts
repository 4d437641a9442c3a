// Answers, and closes a connection in order on which no further request has arrived for a while, unannounced.
import type { HostileServer } from './hostile-server.ts'
import { leaveWhenIdle } from './leave-when-idle.ts'

export const idleCloses: HostileServer = (exchange) => leaveWhenIdle(exchange, () => exchange.socket.end())
