// The servers that run now in this process's care: whom the engine monitors during a load run.
import type { AgentAccess } from './agent-admission.ts'
import type { Server } from './server.ts'

/** Kept by the servers themselves: in from spawn to exit. */
export const running = new Set<Server>()

export function runningServers(): readonly Server[] {
  return [...running]
}

/** Of the newest life of each server, and the port that its process was given: kept by the servers, from each spawn on. */
export const agentAccess = new WeakMap<Server, AgentAccess & { readonly port: number }>()
