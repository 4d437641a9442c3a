// A server that tells what it was started with; WARM_UP ms long its /health answers 503.
import { createServer } from 'node:http'

const { PORT, HOST, WARM_UP = '0' } = process.env
const started = Date.now()

const server = createServer((request, response) => {
  const warm = Date.now() - started >= Number(WARM_UP)
  response.statusCode = request.url !== '/health' || warm ? 200 : 503
  response.end(JSON.stringify({ pid: process.pid, env: process.env, argv: process.argv, execArgv: process.execArgv }))
})
server.listen(Number(PORT), HOST, () => console.log(`listening on ${PORT}`))
