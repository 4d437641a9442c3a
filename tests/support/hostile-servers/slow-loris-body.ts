// Sends a byte of the body of its answer every few ms, for ever.
import { drip } from './drip.ts'
import type { HostileServer } from './hostile-server.ts'

export const slowLorisBody: HostileServer = (exchange) =>
  drip(exchange, 'HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n')
