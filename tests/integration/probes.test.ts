// Probes beside real load: what they read is true, and whatever becomes of them harms nothing.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProbeReading, ProbeSource } from '../../src/core/probe.ts'
import { Run } from '../../src/core/run.ts'
import { judge } from '../../src/core/verdict.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { prometheus } from '../../src/monitor/prometheus.ts'
import { redis } from '../../src/monitor/redis.ts'
import type { Server } from '../../src/processes/server.ts'

const script = fileURLToPath(new URL('../support/servers/metrics-server.ts', import.meta.url))
let server: Server

beforeAll(async () => {
  server = await serve(['node', script], { name: 'metrics', ready: /ready/ })
})
afterAll(() => server.stop())

const unaborted = new AbortController().signal
const textOf = async (path: string): Promise<string> => (await fetch(`${server.url}${path}`)).text()

async function send(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await textOf('/')
}

/** What is read before and after so many requests. */
async function around(count: number, source: ProbeSource): Promise<[ProbeReading, ProbeReading]> {
  const read = source.open()
  const before = await read(unaborted)
  await send(count)
  return [before, await read(unaborted)]
}

describe('prometheus()', () => {
  it('reads what prom-client writes, exactly', async () => {
    await send(1)
    const names = ['requests_seen', 'queue_jobs{state="waiting"}', 'queue_jobs', 'rpc_seconds', 'http_requests_total']
    const both = ['http_requests_total{kind="read"}', 'http_requests_total{kind="write"}']
    const histogram = 'http_request_duration_seconds'
    const [first, { values }] = await around(100, prometheus(`${server.url}/metrics`, [...names, ...both, histogram]))
    const value = (name: string) => values[name]?.value ?? Number.NaN
    expect(first.values['queue_jobs{state="waiting"}']?.value).toBe(7)
    expect(first.values.http_requests_total).toBeUndefined()
    expect(value('requests_seen') - (first.values.requests_seen?.value ?? 0)).toBe(100)
    expect([value('queue_jobs'), value('rpc_seconds.p50'), value('rpc_seconds.p99')]).toEqual([107, 5, 5])
    expect(value('http_requests_total')).toBeGreaterThan(0)
    expect(value(both[0] as string) / value(both[1] as string)).toBeCloseTo(3, 6)
    expect((value(both[0] as string) * 4) / 3 / value('http_requests_total')).toBeCloseTo(1, 6)
    // Of 100 in the two buckets 95 and 5: ranks 50, 95 and 99.
    expect(value(`${histogram}.p50`)).toBeCloseTo((0.1 * 50) / 95, 9)
    expect(value(`${histogram}.p95`)).toBeCloseTo(0.1, 9)
    expect(value(`${histogram}.p99`)).toBeCloseTo(0.1 + (0.9 * 4) / 5, 9)
  })

  it('reads OpenMetrics with exemplars, and all there is where no names are given', async () => {
    const [, { values, remarks }] = await around(20, prometheus(`${server.url}/open`))
    expect(Object.keys(values)).toEqual(['traced_seconds.p50', 'traced_seconds.p95', 'traced_seconds.p99'])
    expect(values['traced_seconds.p95']?.value).toBeCloseTo(0.1, 9)
    expect(remarks).toEqual([])
  })

  it.each([
    ['/broken', 'line 1 is no metric: <html>it works</html>'],
    ['/moved', 'answered with status 302'],
    ['/endless', 'answered with more than 16 MB'],
  ])('says what is wrong with %s', async (path, reason) => {
    await expect(prometheus(`${server.url}${path}`).open()(unaborted)).rejects.toThrow(reason)
  })

  it('counts a label set on that was missing for a while', async () => {
    const scrapes = [
      'hits_total{a="1"} 7\nhits_total{a="2"} 100',
      'hits_total{a="1"} 8',
      'hits_total{a="1"} 9\nhits_total{a="2"} 108',
    ]
    const app = createServer((_request, response) => response.end(`# TYPE hits_total counter\n${scrapes.shift()}\n`))
    await once(app.listen(0, '127.0.0.1'), 'listening')
    const names = ['hits_total{a="1"}', 'hits_total{a="2"}'] as const
    const read = prometheus(`http://127.0.0.1:${(app.address() as AddressInfo).port}`, names).open()
    const readings = [await read(unaborted), await read(unaborted), await read(unaborted)]
    app.close()
    expect(readings.map(({ absent }) => absent)).toEqual([[...names], [names[1]], []])
    // 1 since the scrape before, 8 since the first of three, and not 108 at once.
    const [one, two] = names.map((name) => readings[2]?.values[name]?.value ?? Number.NaN)
    expect((two as number) / (one as number)).toBeGreaterThan(0)
    expect((two as number) / (one as number)).toBeLessThan(8)
  })

  it('gives up when it is told to, and when nobody listens', async () => {
    await expect(prometheus(`${server.url}/silent`).open()(AbortSignal.timeout(100))).rejects.toThrow(/abort/)
    await expect(prometheus('http://127.0.0.1:1/').open()(unaborted)).rejects.toThrow('ECONNREFUSED')
  })

  it('reads where load may go and nowhere else', async () => {
    const probing = (url: string) => load(server.url, { vus: 1, duration: 200, probes: { prom: prometheus(url) } })
    await expect(probing('http://169.254.169.254/metrics')).rejects.toMatchObject({
      code: 'host-not-allowed',
      message: expect.stringContaining('load(): probes.prom: 169.254.169.254 may not be read: it is a link-local'),
    })
    await expect(probing('http://192.0.2.1/metrics')).rejects.toThrow('probes read from loopback only')
  })

  it('refuses what is no URL and no metric', () => {
    expect(() => prometheus('localhost:9464', ['5', 7 as never])).toThrow(
      [
        'prometheus(): 3 options are wrong',
        "  url:      expected one such as 'http://127.0.0.1:9464/metrics', got 'localhost:9464'",
        "  names[0]: expected a metric such as 'queue_jobs' or 'queue_jobs{state=\"waiting\"}', got '5'",
        "  names[1]: expected a metric such as 'queue_jobs' or 'queue_jobs{state=\"waiting\"}', got 7",
      ].join('\n'),
    )
  })
})

describe('load() with probes of every kind', () => {
  let run: Run
  let after: number
  let asked = 0
  let together = 0
  let most = 0
  let hits = 0

  const probes = {
    queueDepth: () => ++asked,
    pool: async () => ({ waiting: 0, total: 5 }),
    seen: async () => Number(await textOf('/queue')),
    crowd: async () => {
      most = Math.max(most, ++together)
      await textOf('/queue')
      together--
      return together
    },
    cache: redis({ info: async () => `keyspace_hits:${50 * ++hits}\r\nkeyspace_misses:0\r\nused_memory:1000` }),
    broken: () => {
      throw new Error('no connection to postgres://user:hunter2@db/app')
    },
    hanging: () => new Promise<number>(() => {}),
    gone: prometheus('http://127.0.0.1:1/metrics'),
  }

  beforeAll(async () => {
    const names = ['http_requests_total', 'requests_seen', 'http_request_duration_seconds', 'nothing']
    run = await load(`${server.url}/`, {
      ...{ rate: 50, duration: 3000, warmup: 500 },
      probes: { ...probes, prom: prometheus(`${server.url}/metrics`, names) },
      limits: { series: { 'pool.waiting': { max: 0 }, queueDepth: { last: 3 }, hanging: { max: 1 } } },
    })
    after = Number(await textOf('/queue'))
  }, 30_000)

  it('samples them about once a second, on the time of the run', () => {
    const { at, values } = run.probe('queueDepth')
    expect(values.length).toBeGreaterThanOrEqual(2)
    expect(values.length).toBeLessThanOrEqual(5)
    expect(values).toEqual(values.map((_, index) => (values[0] as number) + index))
    expect(at[0]).toBeGreaterThan(0)
    expect(at.at(-1)).toBeGreaterThanOrEqual(run.duration)
    expect(run.probe('pool.total').values).toEqual(values.map(() => 5))
    expect(run.window('1s', '2s').probe('queueDepth').count).toBeLessThan(values.length)
  })

  it('samples them after the load: the last is the state that it left', () => {
    expect(run.iterations.ok).toBe(150)
    expect(run.probe('seen').last).toBe(after)
    expect(run.probe('prom.requests_seen').last).toBe(after)
  })

  it('counts with a counter what the server has really counted', () => {
    const rates = run.probe('prom.http_requests_total')
    const levels = run.probe('prom.requests_seen')
    expect(rates.at).toEqual(levels.at)
    const counted = rates.values.slice(1).reduce((sum, rate, index) => {
      return sum + (rate * ((rates.at[index + 1] as number) - (rates.at[index] as number))) / 1000
    }, 0)
    const truth = levels.last - (levels.values[0] as number)
    expect(truth).toBeGreaterThan(40)
    expect(counted / truth).toBeGreaterThan(0.9)
    expect(counted / truth).toBeLessThan(1.1)
    expect(run.probe('prom.http_request_duration_seconds.p50').max).toBeLessThan(0.1)
    expect(run.probe('cache.hits').mean).toBeGreaterThan(0)
    expect(run.probe('cache.memory').last).toBe(1000)
  })

  it('asks no probe twice at once', () => {
    expect(most).toBe(1)
  })

  it('is not harmed by those that fail, and names them', () => {
    expect(run.aborted).toBeUndefined()
    expect(run.valid).toBe(true)
    const said = (name: string) => run.warnings.filter((text) => text.includes(`'${name}'`))
    expect(said('broken')).toEqual([expect.stringContaining('no connection to postgres://[redacted]@db/app')])
    expect(said('hanging')).toEqual([expect.stringContaining('never gave a number: it failed 1 of 1 time: no answer')])
    expect(said('gone')).toEqual([expect.stringContaining('ECONNREFUSED')])
    expect(said('nothing')).toEqual([expect.stringContaining("the probe 'prom' never gave 'nothing'")])
    expect(run.warnings.join()).not.toContain('hunter2')
    for (const name of ['broken', 'hanging', 'gone', 'gone.anything', 'prom.nothing']) {
      expect(run.probe(name).count).toBe(0)
    }
  })

  it('judges limits on them', () => {
    const verdicts = run.data.limits.map((limit) => judge(run, limit))
    expect(verdicts.map(({ status, metric }) => [status, metric])).toEqual([
      ['pass', 'max of pool.waiting'],
      ['fail', 'last of queueDepth'],
      ['inconclusive', 'max of hanging'],
    ])
    const again = Run.from(JSON.stringify(run))
    expect(again.data.limits.map((limit) => judge(again, limit))).toEqual(verdicts)
    expect(again.probe('seen').last).toBe(after)
  })

  it('reaches what is read of servers by the same names', () => {
    expect(run.series('memory').max).toBe(Math.max(...run.servers.map(({ series }) => series.memory?.max ?? 0)))
    expect(run.series('queueDepth').last).toBe(run.probe('queueDepth').last)
  })
})
