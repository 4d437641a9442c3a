// A balancer of a user's own: passes requests to the UPSTREAMS (addresses with commas between them) in turn, on
// connections that it keeps, and answers 502 where one of them fails. GET /failures tells how often which of them did.
import { Agent, createServer, request } from 'node:http'

const { PORT, UPSTREAMS = '' } = process.env
const upstreams = UPSTREAMS.split(',').map((url) => ({ url, failures: 0 }))
const agent = new Agent({ keepAlive: true })
let turn = 0

createServer((incoming, answer) => {
  if (incoming.url === '/failures') {
    answer.end(JSON.stringify(upstreams.map(({ failures }) => failures)))
    return
  }
  const upstream = upstreams[turn++ % upstreams.length] as (typeof upstreams)[number]
  const { method, headers, url } = incoming
  const passed = request(`${upstream.url}${url}`, { agent, method, headers }, (response) => {
    answer.writeHead(response.statusCode as number, response.headers)
    response.pipe(answer)
    response.on('error', () => answer.destroy())
  })
  passed.on('error', () => {
    upstream.failures++
    if (answer.headersSent) answer.destroy()
    else answer.writeHead(502).end()
  })
  incoming.pipe(passed)
}).listen(Number(PORT))
