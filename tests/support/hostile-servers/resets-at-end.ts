// Sends an answer that ends with its connection, then resets that connection instead of closing it.
import type { HostileServer } from './hostile-server.ts'

export const resetsAtEnd: HostileServer = ({ socket, log }) => {
  log.reset++
  socket.write('HTTP/1.1 200 OK\r\n\r\nonly this much', () => {
    // Lets the part reach the other side first.
    setTimeout(() => socket.resetAndDestroy(), 2)
  })
}
