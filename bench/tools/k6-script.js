// What k6 runs: one request per iteration, at a rate, or by so many users, or just once to see what its start costs.
import http from 'k6/http'

const { URL, CONNECTIONS, RATE, SECONDS, ONCE } = __ENV

function scenario() {
  if (ONCE) return { executor: 'shared-iterations', vus: 1, iterations: 1 }
  const duration = `${SECONDS}s`
  if (!RATE) return { executor: 'constant-vus', vus: Number(CONNECTIONS), duration }
  return {
    executor: 'constant-arrival-rate',
    rate: Number(RATE),
    duration,
    preAllocatedVUs: Number(CONNECTIONS),
    maxVUs: 2000,
  }
}

export const options = {
  scenarios: { all: scenario() },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
  discardResponseBodies: true,
}

export default function () {
  http.get(URL)
}

export function handleSummary({ metrics }) {
  const { values } = metrics.http_req_duration
  return {
    stdout: JSON.stringify({
      requests: metrics.http_reqs.values.count,
      failed: metrics.http_req_failed.values.passes,
      p50: values.med,
      p95: values['p(95)'],
      p99: values['p(99)'],
      max: values.max,
    }),
  }
}
