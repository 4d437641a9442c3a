// Sends the head and a part of the body, then resets the connection.
import type { HostileServer } from './hostile-server.ts'

export const resetsInBody: HostileServer = ({ socket, log }) => {
  log.reset++
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nonly this much', () => {
    // Lets the part reach the other side first.
    setTimeout(() => socket.resetAndDestroy(), 2)
  })
}
