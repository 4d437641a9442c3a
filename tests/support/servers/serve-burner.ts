// A server whose child keeps a core busy for half of the time. GET / tells the pids of both, and
// the CPU time in ms that the child has used.
import { fork } from 'node:child_process'
import { createServer } from 'node:http'

const cycle = 20

if (process.send) {
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.((user + system) / 1000)
  })
  process.on('disconnect', () => process.exit())
  setInterval(() => {
    const end = performance.now() + cycle / 2
    while (performance.now() < end);
  }, cycle)
} else {
  const child = fork(new URL(import.meta.url))
  createServer((_request, response) => {
    child.once('message', (spent) => response.end(JSON.stringify({ pids: [process.pid, child.pid], spent })))
    child.send('how much?')
  }).listen(Number(process.env.PORT))
}
