// Finds a TCP port on the loopback that a server can have, and have again after a restart.
import { createServer } from 'node:net'

// Below the ranges from which Linux, macOS and Windows take the local ports of outgoing connections: while a server
// restarts under load, a client's socket could otherwise be given its port, or even connect to itself.
const lowest = 20_000
const count = 12_000
let next = Math.floor(Math.random() * count)

/** Never the same port twice in a row, so servers started at the same time do not meet. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < count; attempt++) {
    const port = lowest + (next++ % count)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${lowest} and ${lowest + count}`)
}

/** Whether a server could listen on this port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
