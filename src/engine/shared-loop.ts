// Finds out whether a target is served by this very event loop.
import { Server } from 'node:net'
import type { Address } from '../drivers/driver.ts'

/** The first origin whose port a server of this thread listens on, or undefined. */
export function servedHere(addresses: Readonly<Record<string, Address>>): string | undefined {
  const ports = new Set(listeningHere())
  return Object.entries(addresses).find(([, { port }]) => ports.has(port))?.[0]
}

/** Node names its open handles only by this undocumented, long-lived method; without it nothing is found. */
function listeningHere(): number[] {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles?: () => unknown[] }
  return (handles?.call(process) ?? []).flatMap((handle) => {
    const address = handle instanceof Server ? handle.address() : null
    return address && typeof address === 'object' ? [address.port] : []
  })
}
