// Reads a request, then closes the connection in order, without a byte of an answer.
import type { HostileServer } from './hostile-server.ts'

export const closes: HostileServer = ({ socket, log }) => {
  log.closed++
  socket.end()
}
