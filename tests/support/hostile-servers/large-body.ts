// Answers with 10 MB.
import { answer } from './answer.ts'
import type { HostileServer } from './hostile-server.ts'

export const largeBody: HostileServer = (exchange) =>
  answer({ ...exchange, options: { bodyBytes: 10_000_000, ...exchange.options } })
