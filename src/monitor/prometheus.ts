// A probe that reads a server's metrics over HTTP in the text format of Prometheus.
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIPv6, type LookupFunction } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { ProbeSource } from '../core/probe.ts'
import { Problems } from '../core/problems.ts'
import { remembering, type Scrape, seriesBetween } from './prometheus-series.ts'
import { parsePrometheus, parseSelector } from './prometheus-text.ts'

/** An answer longer than this is no list of metrics, in bytes. */
const longest = 16e6

/**
 * A probe for `load(target, { probes: { app: prometheus('http://127.0.0.1:9464/metrics', ['http_requests_total']) } })`.
 * Counters become rates per second (`'app.http_requests_total'`), gauges are taken as they are, histograms and summaries
 * become percentiles in the metric's own unit (`'app.http_request_duration_seconds.p95'`). Label sets of a name are summed
 * (of summaries the highest counts); `'queue_jobs{state="waiting"}'` asks for those with that label.
 *
 * @param url read once a second; on loopback, or on a host that is listed in `allowHosts`
 * @param names default: all metrics there are
 * @throws LoadTestError `invalid-options` that lists every mistake of the call
 */
export function prometheus(url: string, names?: readonly string[]): ProbeSource {
  const problems = new Problems('prometheus()')
  if (!isHttp(url)) problems.expected('url', "one such as 'http://127.0.0.1:9464/metrics'", url)
  if (names !== undefined && !Array.isArray(names)) {
    problems.expected('names', "a list such as ['http_requests_total']", names)
  } else {
    for (const [index, name] of (names ?? []).entries()) {
      if (typeof name !== 'string' || !parseSelector(name)) {
        problems.expected(`names[${index}]`, `a metric such as 'queue_jobs' or 'queue_jobs{state="waiting"}'`, name)
      }
    }
  }
  problems.throwIfAny()
  return Object.freeze({
    url,
    open(address?: string) {
      let before: Scrape | undefined
      return async (signal: AbortSignal) => {
        const text = await fetchText(new URL(url), { address, signal })
        const now = { at: performance.now(), families: parsePrometheus(text) }
        const reading = seriesBetween(before, now, names)
        before = remembering(before, now)
        return reading
      }
    },
  })
}

function isHttp(url: unknown): boolean {
  return typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)
}

interface Fetching {
  readonly address: string | undefined
  readonly signal: AbortSignal
}

/** A connection of its own each time: one that is kept would stand among those of the load. Redirects are not followed. */
function fetchText(url: URL, { address, signal }: Fetching): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // The address was checked: it must not be looked up again.
  const lookup: LookupFunction = (_host, { all }, found) => {
    const family = isIPv6(address ?? '') ? 6 : 4
    if (all) found(null, [{ address: address as string, family }])
    else found(null, address as string, family)
  }
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  const options = {
    agent: false as const,
    headers: { accept: 'text/plain;version=0.0.4, application/openmetrics-text;q=0.8, */*;q=0.1', connection: 'close' },
    signal,
    ...(address === undefined ? {} : { lookup }),
  }
  const asked = send(url, options, (response) => {
    const { statusCode = 0 } = response
    if (statusCode !== 200) {
      reject(new Error(`answered with status ${statusCode}`))
      asked.destroy()
      return
    }
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > longest) asked.destroy(new Error(`answered with more than ${longest / 1e6} MB`))
    })
    response.on('error', reject)
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
  })
  asked.on('error', reject)
  asked.end()
  return promise
}
