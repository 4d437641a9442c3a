// The server under load: little more than a socket that answers every request at once, and notes when each arrived.
import { type AddressInfo, createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout } from 'node:timers'
import type { Freeze } from './server.ts'

const freezing = JSON.parse(process.argv[2] ?? 'null') as Freeze | null
// ApacheBench keeps a connection only if it is told so.
const answer = Buffer.from('HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 12\r\n\r\nHello, world')
const headEnd = '\r\n\r\n'
/** Beyond these, answers go on and nothing is noted. */
const times = new Float64Array(2_000_000)
let count = 0

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const now = performance.now()
    if (count === 0 && freezing) setTimeout(freeze, freezing.after + Math.random() * freezing.within, freezing.duration)
    if (chunk.lastIndexOf(headEnd) !== chunk.length - headEnd.length) throw new Error('a request came in parts')
    for (let at = chunk.indexOf(headEnd); at >= 0; at = chunk.indexOf(headEnd, at + headEnd.length)) {
      times[count++] = now
      socket.write(answer)
    }
  })
})

/** Stops the event loop without using the processor; what arrives meanwhile waits in the kernel. */
function freeze(duration: number) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration)
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send?.((server.address() as AddressInfo).port),
)
process.on('message', () => process.send?.([...times.subarray(0, count)]))
process.on('disconnect', () => process.exit())
