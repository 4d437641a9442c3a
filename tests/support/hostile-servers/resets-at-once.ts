// Accepts a connection and resets it.
import type { HostileServer } from './hostile-server.ts'

export const resetsAtOnce: HostileServer = Object.assign<HostileServer, Pick<HostileServer, 'greet'>>(
  ({ log }) => {
    log.reset++
  },
  { greet: (socket) => socket.resetAndDestroy() },
)
