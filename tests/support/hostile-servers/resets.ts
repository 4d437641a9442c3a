// Reads a request, then resets the connection.
import type { HostileServer } from './hostile-server.ts'

export const resets: HostileServer = ({ socket, log }) => {
  log.reset++
  socket.resetAndDestroy()
}
