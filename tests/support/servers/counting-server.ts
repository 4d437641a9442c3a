// A server that counts what comes: GET /counts tells it and counts neither itself nor its connection. WORK ms of
// delay; GET /end ends the process with exit code 7.
import { createServer } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const { PORT, WORK = '0' } = process.env
const requests: Record<string, number> = {}
let connections = 0
const told = new WeakSet<Socket>()

const server = createServer(async (request, response) => {
  const { method, url = '/' } = request
  if (url === '/counts') {
    if (!told.has(request.socket)) connections--
    told.add(request.socket)
    response.end(JSON.stringify({ requests, connections }))
    return
  }
  requests[`${method} ${url}`] = (requests[`${method} ${url}`] ?? 0) + 1
  request.resume()
  if (Number(WORK) > 0) await sleep(Number(WORK))
  if (url === '/end') {
    console.error('out of coffee')
    process.exit(7)
  }
  response.statusCode = url === '/missing' ? 404 : 200
  response.end('ok')
})
server.on('connection', () => connections++)
server.listen(Number(PORT), () => console.log('ready'))
