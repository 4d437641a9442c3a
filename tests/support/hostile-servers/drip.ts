// Begins an answer and goes on with it byte by byte until the connection ends.
import type { Exchange } from './hostile-server.ts'

const every = 20

export function drip({ socket, log }: Exchange, beginning: string): void {
  log.held++
  socket.write(beginning)
  const dripping = setInterval(() => socket.writable && socket.write('k'), every)
  socket.once('close', () => clearInterval(dripping))
}
