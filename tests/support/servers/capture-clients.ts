// Preloaded in front of everything else: remembers every connection that its process makes.
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

const sockets: Socket[] = []
Object.assign(globalThis, { clientSockets: sockets })
subscribe('net.client.socket', (message) => sockets.push((message as { socket: Socket }).socket))
