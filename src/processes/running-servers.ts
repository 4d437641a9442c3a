// The servers that run now in this process's care: whom the engine monitors during a load run.
import type { Server } from './server.ts'

/** Kept by the servers themselves: in from spawn to exit. */
export const running = new Set<Server>()

export function runningServers(): readonly Server[] {
  return [...running]
}
