// Answers with bytes that are not HTTP and leaves the connection open.
import type { HostileServer } from './hostile-server.ts'

export const garbage: HostileServer = ({ socket, log }) => {
  log.garbage++
  socket.write('\u0000\u0001this is no answer\r\n\r\n')
}
