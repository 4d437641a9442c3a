// A small service in plain JavaScript for the fixture projects: answers, answers slowly, fails.
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'

const answers = {
  '/health': async () => 200,
  '/slow': async () => {
    await setTimeout(60)
    return 200
  },
  '/fail': async () => 500,
}

createServer(async (request, response) => {
  response.statusCode = (await answers[request.url]?.()) ?? 404
  response.end('{}')
}).listen(Number(process.env.PORT), '127.0.0.1')
