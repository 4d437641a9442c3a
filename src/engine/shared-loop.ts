// Finds out whether a target is served by this very event loop.
import { subscribe } from 'node:diagnostics_channel'
import { Server } from 'node:net'
import type { Address } from '../drivers/driver.ts'

const noticed = new Set<Server>()

// Servers that listened before this file was loaded show themselves by their handles, or by who connects to them.
subscribe('tracing:net.server.listen:asyncEnd', (message) => notice((message as { server: unknown }).server))
subscribe('net.server.socket', (message) => notice((message as { socket: { server?: unknown } }).socket.server))

/** The first origin whose port a server of this thread listens on now, or undefined. */
export function servedHere(addresses: Readonly<Record<string, Address>>): string | undefined {
  const ports = new Set(listeningPorts())
  return Object.entries(addresses).find(([, { port }]) => ports.has(port))?.[0]
}

/** Whether any TCP server of this thread listens now. */
export function listensHere(): boolean {
  return listeningPorts().length > 0
}

function listeningPorts(): number[] {
  handles().forEach(notice)
  forgetClosed()
  return [...noticed].flatMap((server) => {
    const address = server.address()
    return address && typeof address === 'object' ? [address.port] : []
  })
}

function notice(server: unknown): void {
  if (!(server instanceof Server) || noticed.has(server)) return
  forgetClosed()
  noticed.add(server)
}

function forgetClosed(): void {
  for (const server of noticed) if (!server.listening) noticed.delete(server)
}

/** Undocumented, and without those that were unref()ed; without the method nothing is found. */
function handles(): unknown[] {
  const { _getActiveHandles: active } = process as unknown as { _getActiveHandles?: () => unknown[] }
  return active?.call(process) ?? []
}
