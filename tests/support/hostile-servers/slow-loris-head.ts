// Sends a byte of the head of its answer every few ms, for ever.
import { drip } from './drip.ts'
import type { HostileServer } from './hostile-server.ts'

export const slowLorisHead: HostileServer = (exchange) => drip(exchange, 'HTTP/1.1 200 OK\r\nx-slow: ')
