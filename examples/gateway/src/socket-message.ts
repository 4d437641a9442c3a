// What clients may say over a WebSocket, read with suspicion.
import type { RawData } from 'ws'

export type SocketMessage = { readonly subscribe: string } | { readonly ping: unknown }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Undefined: not understood. */
export function readMessage(data: RawData): SocketMessage | undefined {
  try {
    const message: unknown = JSON.parse(data.toString())
    if (typeof message !== 'object' || message === null) return undefined
    if ('ping' in message) return { ping: message.ping }
    if ('subscribe' in message && typeof message.subscribe === 'string' && uuid.test(message.subscribe)) {
      return { subscribe: message.subscribe }
    }
  } catch {
    // not JSON: answered like any other message that is not understood
  }
  return undefined
}
