// A server that writes to its log what it is told: GET /say/ERROR%20x, and GET /talk so many lines of 1000 characters.
import { createServer } from 'node:http'

createServer((request, response) => {
  const [, verb, what = ''] = decodeURIComponent(request.url).split('/')
  if (verb === 'say') console.error(what)
  if (verb === 'talk') for (let line = 0; line < 20_000; line++) console.log(`${line} `.padEnd(1000, '.'))
  response.end('{}')
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'))
