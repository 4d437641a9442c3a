// Leaks one kind of thing after another and writes a heap snapshot after each step: `leaking-process.ts <directory>`.
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { writeHeapSnapshot } from 'node:v8'

class Order {
  readonly number: number

  constructor(number: number) {
    this.number = number
  }
}

const [, , directory = '.'] = process.argv
const orders: Order[] = []
const emitter = new EventEmitter().setMaxListeners(0)
const handlers = new Map<number, () => number>()
const sockets: Socket[] = []
const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
await once(server, 'listening')

/** In this order; each goes on for three snapshots, the last of them being the first of the next. */
const steps: Readonly<Record<string, (number: number) => unknown>> = {
  orders: (number) => orders.push(new Order(number)),
  listeners: (number) => emitter.on('change', () => number),
  closures: (number) =>
    handlers.set(number, function onReply() {
      return number
    }),
  timers: (number) => setTimeout(() => number, 600_000).unref(),
  sockets: async () => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    sockets.push(socket)
    await once(socket, 'connect')
  },
}

for (const [name, leak] of Object.entries(steps)) {
  // Once before the first snapshot: what is compiled or loaded by it is no leak.
  await leak(-1)
  for (let step = 0; step < 3; step++) {
    for (let number = 0; number < 50; number++) await leak(step * 50 + number)
    writeHeapSnapshot(`${directory}/${name}-${step}.heapsnapshot`)
  }
}
process.exit()
