// A cluster of two workers: GET / tells the pid of who answers, with ?ms it holds that one up, /exit ends it.
import cluster from 'node:cluster'
import { createServer } from 'node:http'

if (cluster.isPrimary) {
  for (let i = 0; i < 2; i++) cluster.fork()
} else {
  createServer((request, response) => {
    const { pathname, search } = new URL(request.url as string, 'http://host')
    if (pathname === '/exit') process.exit(0)
    const end = performance.now() + Number(search.slice(1))
    while (performance.now() < end);
    response.end(JSON.stringify(process.pid))
  }).listen(Number(process.env.PORT))
}
