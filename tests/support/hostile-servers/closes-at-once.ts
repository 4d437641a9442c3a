// Accepts a connection and closes it in order, whatever is sent on it.
import type { HostileServer } from './hostile-server.ts'

export const closesAtOnce: HostileServer = Object.assign<HostileServer, Pick<HostileServer, 'greet'>>(
  ({ log }) => {
    log.closed++
  },
  { greet: (socket) => socket.end() },
)
