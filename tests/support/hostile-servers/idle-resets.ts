// Answers, and resets a connection on which no further request has arrived for a while.
import type { HostileServer } from './hostile-server.ts'
import { leaveWhenIdle } from './leave-when-idle.ts'

export const idleResets: HostileServer = (exchange) => leaveWhenIdle(exchange, () => exchange.socket.resetAndDestroy())
