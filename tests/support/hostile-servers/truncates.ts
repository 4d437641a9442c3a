// Sends the head and a part of the body, then closes the connection in order.
import type { HostileServer } from './hostile-server.ts'

export const truncates: HostileServer = ({ socket, log }) => {
  log.truncated++
  socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this much')
}
