// A server whose metrics have a known truth: of 100 requests 95 are observed at 0.05 s and 5 at 0.9 s. GET /metrics by
// prom-client; /open in OpenMetrics, with exemplars; /broken is no metrics; /silent never answers; /queue tells the count.
import { createServer, type ServerResponse } from 'node:http'
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client'

const plain = new Registry()
const open = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>()
open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
const requests = new Counter({ name: 'http_requests_total', help: 'all', labelNames: ['kind'], registers: [plain] })
const seen = new Gauge({ name: 'requests_seen', help: 'the same as a level', registers: [plain] })
const jobs = new Gauge({ name: 'queue_jobs', help: 'by state', labelNames: ['state'], registers: [plain] })
const seconds = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'as it was observed, "really"\nnot measured',
  buckets: [0.1, 1],
  registers: [plain],
})
const rpc = new Summary({ name: 'rpc_seconds', help: 'all of 5 s', percentiles: [0.5, 0.99], registers: [plain] })
const traced = new Histogram({
  name: 'traced_seconds',
  help: 'with exemplars',
  buckets: [0.1, 1],
  enableExemplars: true,
  registers: [open],
})
jobs.set({ state: 'waiting' }, 7)
jobs.set({ state: 'done' }, 100)
rpc.observe(5)

let count = 0

function work(): void {
  const time = ++count % 20 === 0 ? 0.9 : 0.05
  requests.inc({ kind: count % 4 === 0 ? 'write' : 'read' })
  seen.set(count)
  seconds.observe(time)
  traced.observe({ value: time, exemplarLabels: { trace_id: `t${count}` } })
}

async function tell(response: ServerResponse, registry: Registry | typeof open): Promise<void> {
  response.setHeader('content-type', registry.contentType)
  response.end(await registry.metrics())
}

createServer((request, response) => {
  const { url } = request
  if (url === '/metrics') void tell(response, plain)
  else if (url === '/open') void tell(response, open)
  else if (url === '/broken') response.end('<html>it works</html>')
  else if (url === '/endless') response.end('a 1\n'.repeat(5e6))
  else if (url === '/moved') response.writeHead(302, { location: '/metrics' }).end()
  else if (url === '/queue') response.end(String(count))
  else if (url !== '/silent') {
    work()
    response.end('ok')
  }
}).listen(Number(process.env.PORT), () => console.log('ready token=hunter2'))
