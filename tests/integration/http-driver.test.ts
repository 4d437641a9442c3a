// Our HTTP client beyond what all drivers are put to (hostile-servers.test.ts): connections, requests, TLS.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { http } from '../../src/core/http-request.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { planLoad, seriesOf } from '../../src/core/plan.ts'
import { Recorder } from '../../src/core/recorder.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import type { RequestPlan, Target, TargetPlan } from '../../src/core/target.ts'
import { type Connect, pinnedConnector } from '../../src/drivers/connector.ts'
import { driveHttp } from '../../src/drivers/http-driver.ts'
import { messageMaker } from '../../src/drivers/http-message.ts'
import { HttpUser } from '../../src/drivers/http-user.ts'
import { pace } from '../../src/drivers/pace.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import { type DriverRun, runDriver } from '../support/driver-run.ts'
import type { HostileServer } from '../support/hostile-servers/hostile-server.ts'
import { type ServerLog, startHostile, startServer } from '../support/hostile-servers/index.ts'

const open = { rate: 100, duration: 600 }
const closed = { vus: 4, duration: 400 }

async function load(target: Target, options: LoadOptions, rest: Partial<DriverRun> = {}) {
  return runDriver({ drive: driveHttp, target, options: { warmup: 0, gracefulStop: 2000, ...options }, ...rest })
}

/** A server in this thread that does what a test says to every request. */
async function serving<Result>(treat: HostileServer, use: (url: string, log: () => ServerLog) => Promise<Result>) {
  const server = await startServer(treat, { keep: true })
  try {
    return await use(server.url, server.log)
  } finally {
    await server.stop()
  }
}

const answering =
  (head: string, body = ''): HostileServer =>
  ({ socket, log }) => {
    log.answered++
    socket.write(`HTTP/1.1 ${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  }

describe.concurrent('connections', () => {
  it('are one per virtual user and kept, HEAD included', async () => {
    for (const target of ['GET', 'HEAD'] as const) {
      await serving(answering('200 OK'), async (url, log) => {
        const request = target === 'GET' ? http.get(url) : http.head(url)
        const { iterations } = await load(request, { vus: 3, duration: 150 })
        expect(iterations.ok).toBe(log().requests)
        expect(iterations.ok).toBeGreaterThan(5)
        expect(log().connections).toBe(3)
      })
    }
  })

  it('that are reset just before a request is written: it goes over a new one', async () => {
    await serving(answering('200 OK'), async (url, log) => {
      const plan = planLoad(url, { rate: 50, duration: 100, maxVUs: 1, warmup: 0 }, defaultSettings)
      const [request] = (plan.target as Extract<TargetPlan, { kind: 'http' }>).requests as [RequestPlan]
      const message = messageMaker(request)
      const made = pinnedConnector({ address: '127.0.0.1', port: Number(new URL(url).port) }, plan)
      let socket: Socket | undefined
      const connect: Connect = (options, callback) => {
        socket = made(options, callback)
        return socket
      }
      const messageOf = (iteration: number) => {
        socket?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
        return message(iteration)
      }
      const recorder = new Recorder({ series: seriesOf(plan), open: true, start: systemClock.now() })
      const { signal } = new AbortController()
      const shard = { index: 0, of: 1 }
      await pace(
        { plan, recorder, clock: systemClock, shard, addresses: {}, signal },
        {
          series: () => 0,
          user: (vu, pool) =>
            new HttpUser(vu, pool, { errands: [{ request, messageOf, connect }], turn: () => 0, clock: systemClock }),
        },
      )
      const [lane] = recorder.finish(systemClock.now()).lanes
      // A user that is late drops iterations.
      const { ok, dropped } = lane?.iterations ?? { ok: 0, dropped: 0 }
      expect(lane).toMatchObject({ iterations: { scheduled: 5, ok: 5 - dropped }, errors: [] })
      expect(log()).toMatchObject({ requests: ok, connections: ok })
    })
  })

  it('go to the address that was looked up, under the name that was asked for', async () => {
    await serving(answering('200 OK'), async (url, log) => {
      const named = `http://service.invalid:${new URL(url).port}`
      const { iterations } = await load(`${named}/where?are=you`, { rate: 50, duration: 100 })
      expect(iterations).toMatchObject({ scheduled: 5, ok: 5 })
      expect(log().seen[0]).toMatchObject({ path: '/where?are=you', headers: { host: new URL(named).host } })
    })
  })

  it('are gone when the run is over', async () => {
    const server = createServer(() => {})
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { iterations } = await load(`http://127.0.0.1:${port}`, { rate: 50, duration: 200, gracefulStop: 0 })
    expect(iterations.unfinished).toBe(10)
    await sleep(50)
    const { promise, resolve } = Promise.withResolvers<number>()
    server.getConnections((_, count) => resolve(count))
    expect(await promise).toBe(0)
    server.close()
  })
})

describe.concurrent('requests', () => {
  it('of a list are sent in turn, with fresh headers and bodies by the number of the iteration', async () => {
    await serving(answering('200 OK'), async (url, log) => {
      const target = [
        http.post(`${url}/a`, { json: (i) => ({ i }), headers: { 'x-fixed': 'yes' } }),
        `${url}/b?c=d`,
        http.put(`${url}/e`, { body: 'as it is', headers: (i) => ({ 'X-Iteration': `${i}` }), name: 'put' }),
      ]
      const { iterations, recording } = await load(target, { rate: 100, duration: 300, warmup: 60 })
      expect(iterations).toMatchObject({ scheduled: 30, ok: 30 })
      expect(recording.lanes.map(({ name, iterations: { ok } }) => [name, ok])).toEqual([
        ['POST /a', 10],
        ['GET /b', 10],
        ['put', 10],
      ])
      const seen = log().seen
      const posts = seen.filter(({ method }) => method === 'POST')
      expect(posts.map(({ body }) => JSON.parse(body).i).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 12 }, (_, k) => k * 3),
      )
      expect(posts[0]).toMatchObject({
        path: '/a',
        headers: { 'content-type': 'application/json', 'x-fixed': 'yes', connection: 'keep-alive' },
      })
      const puts = seen.filter(({ method }) => method === 'PUT')
      expect(puts.map(({ headers }) => Number(headers['x-iteration'])).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 12 }, (_, k) => k * 3 + 2),
      )
      expect(new Set(puts.map(({ body }) => body))).toEqual(new Set(['as it is']))
      expect(seen.filter(({ path, method }) => path === '/b?c=d' && method === 'GET').length).toBe(12)
    })
  })

  it.for([open, closed])('whose functions throw have failed and are not sent: %o', async (howMuch) => {
    await serving(answering('200 OK'), async (url, log) => {
      const target = http.post(url, {
        json: (i) => {
          if (i % 2 === 0) throw new RangeError(`no data, password=hunter2`)
          return { i }
        },
      })
      const { iterations, errors, balanced } = await load(target, howMuch)
      expect(balanced).toBe(true)
      expect(iterations.ok).toBe(log().requests)
      expect(Math.abs(iterations.failed - iterations.ok)).toBeLessThanOrEqual(4)
      expect(errors).toMatchObject([{ kind: 'thrown', count: iterations.failed }])
      expect(errors[0]?.example).toMatch(/^POST \/ was not sent: RangeError: no data/)
      expect(errors[0]?.example).not.toContain('hunter2')
    })
  })

  it('may be judged by their body; redirects are not followed', async () => {
    const treat: HostileServer = (exchange) => {
      if (exchange.request.path === '/moved') answering('302 Found\r\nlocation: /elsewhere')(exchange)
      else answering('201 Created\r\nx-kind: test', '{"ok":"ä"}')(exchange)
    }
    await serving(treat, async (url, log) => {
      const target = [
        `${url}/moved`,
        http.get(`${url}/right`, {
          expect: ({ status, headers, json }) =>
            status === 201 && headers['x-kind'] === 'test' && (json() as { ok: string }).ok === 'ä',
        }),
        http.get(`${url}/wrong`, { expect: ({ body }) => body === '' }),
        http.get(`${url}/status`, { expect: [200, 204] }),
      ]
      const { recording } = await load(target, { rate: 100, duration: 200 })
      expect(recording.lanes.map(({ name, iterations: { ok, failed } }) => [name, ok, failed])).toEqual([
        ['GET /moved', 5, 0],
        ['GET /right', 5, 0],
        ['GET /wrong', 0, 5],
        ['GET /status', 0, 5],
      ])
      expect(log().seen.some(({ path }) => path === '/elsewhere')).toBe(false)
    })
  })

  it('with an answer too large to be judged have failed; unjudged it is thrown away', async () => {
    const large = 'x'.repeat(11 * 2 ** 20)
    await serving(answering('200 OK', large), async (url) => {
      const judged = http.get(`${url}/judged`, { expect: () => true })
      const { recording, errors } = await load([judged, `${url}/plain`], { rate: 20, duration: 200 })
      expect(recording.lanes.map(({ iterations: { ok, failed } }) => [ok, failed])).toEqual([
        [0, 2],
        [2, 0],
      ])
      expect(errors).toMatchObject([
        { kind: 'too-large', example: 'GET /judged: the answer is over 10 MiB, too much to show it to expect' },
      ])
    })
  })
})

describe('TLS', () => {
  const pem = (name: string) =>
    readFileSync(new URL(`../support/certificates/self-signed.${name}.pem`, import.meta.url))
  const trusted = getCACertificates()
  let server: Server
  let port: number

  beforeAll(async () => {
    server = createTlsServer({ key: pem('key'), cert: pem('cert') }, (_, response) => response.end('ok'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })

  afterAll(async () => {
    setDefaultCACertificates(trusted)
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })

  const all = { scheduled: 15, timedOut: 0, unfinished: 0 }
  const options = { rate: 50, duration: 300, gracefulStop: 1000 }

  it('is verified: a certificate that nobody vouches for fails every iteration', async () => {
    const { iterations, errors } = await load(`https://localhost:${port}/`, options)
    expect(iterations).toMatchObject({ ...all, failed: 15 })
    expect(errors).toMatchObject([{ kind: 'tls', count: 15 }])
  })

  it('is verified against the name that was asked for, whatever a host header says', async () => {
    setDefaultCACertificates([...trusted, pem('cert').toString()])
    const headers = { host: 'elsewhere.invalid' }
    for (const name of ['localhost', '127.0.0.1']) {
      const { iterations } = await load(http.get(`https://${name}:${port}/`, { headers }), options)
      expect(iterations).toMatchObject({ ...all, ok: 15 })
    }
    const { iterations, errors } = await load(`https://other.invalid:${port}/`, options)
    expect(iterations).toMatchObject({ ...all, failed: 15 })
    expect(errors).toMatchObject([{ kind: 'tls', count: 15 }])
    expect(errors[0]?.example).toContain('other.invalid')
  })
})

describe.concurrent('an abort', () => {
  it('ends the load at once', async () => {
    const abort = new AbortController()
    const hostile = await startHostile('hangs')
    const run = load(hostile.url, { rate: 100, duration: '1h' }, { signal: abort.signal })
    await sleep(200)
    const begin = performance.now()
    abort.abort()
    const { iterations, balanced } = await run
    expect(performance.now() - begin).toBeLessThan(500)
    expect(iterations.unfinished).toBe(iterations.scheduled)
    expect(iterations.scheduled).toBeGreaterThan(10)
    expect(balanced).toBe(true)
    await hostile.stop()
  })
})
