// The truth server itself, in a process of its own: answers after the delay that is due, and keeps its own times.
import { type AddressInfo, createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { requestReader } from './hostile-servers/request-reader.ts'
import { machineTime, type ServedRequest } from './truth-server.ts'
import { delayOf } from './truth-server-delays.ts'

const [seed, longest] = process.argv.slice(2).map(Number) as [number, number]
const served: ServedRequest[] = []
const loop = monitorEventLoopDelay({ resolution: 1 })
loop.enable()

// Little more than a socket, so that it takes next to no time beyond the delay.
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  const read = requestReader(({ headers }) => {
    const arrived = machineTime()
    const named = headers['x-iteration']
    const iteration = named === undefined ? undefined : Number(named)
    const due = iteration === undefined ? arrived : arrived + delayOf(seed, iteration, longest)
    const answer = () => {
      const left = due - machineTime()
      // Node's timers may fire up to a millisecond early.
      if (left > 0) {
        setTimeout(answer, left)
        return
      }
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      served.push({ iteration, arrived, answered: machineTime() })
    }
    answer()
  })
  socket.on('data', read)
})

server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.on('message', (question) => process.send?.(question === 'log' ? served : loop.max / 1e6))
process.on('disconnect', () => process.exit())
