// Reads every request and never answers.
import type { HostileServer } from './hostile-server.ts'

export const hangs: HostileServer = ({ log }) => {
  log.held++
}
