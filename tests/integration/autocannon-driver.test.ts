// The autocannon driver against servers that keep their own account: both ledgers must agree to the request.

import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { describe, expect, it, type TestContext } from 'vitest'
import { http } from '../../src/core/http-request.ts'
import { addIterations, type Iterations, isBalanced } from '../../src/core/iterations.ts'
import { type LoadOptions, planLoad, seriesOf } from '../../src/core/plan.ts'
import { mergeRecordings, Recorder, type Recording } from '../../src/core/recorder.ts'
import type { Shard } from '../../src/core/schedule.ts'
import type { Target } from '../../src/core/target.ts'
import { driveAutocannon } from '../../src/drivers/autocannon.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import type { HostileServer } from '../support/hostile-servers/hostile-server.ts'
import { type HostileName, type HostileOptions, startHostile, startServer } from '../support/hostile-servers/index.ts'

interface Driven {
  readonly recording: Recording
  readonly iterations: Iterations
  readonly warmup: Iterations
  readonly kinds: Readonly<Record<string, number>>
  /** From the measured start until the driver was done, ms. */
  readonly took: number
}

async function drive(
  target: Target,
  options: LoadOptions,
  { shard = { index: 0, of: 1 }, signal = new AbortController().signal }: { shard?: Shard; signal?: AbortSignal } = {},
): Promise<Driven> {
  const plan = planLoad(target, { connections: 4, warmup: 0, ...options }, { baseUrl: undefined } as never)
  const start = systemClock.now() + plan.warmup
  const recorder = new Recorder({ series: seriesOf(plan), open: false, fixedAmount: 'amount' in plan.load, start })
  const requests = plan.target.kind === 'http' ? plan.target.requests : []
  const addresses = Object.fromEntries(
    requests.map(({ origin }) => [origin, { address: '127.0.0.1', port: Number(new URL(origin).port) }]),
  )
  let running = 0
  const every = (interval: number, callback: () => void) => {
    const stop = systemClock.every(interval, callback)
    running++
    return () => {
      running--
      stop()
    }
  }
  try {
    await driveAutocannon({ plan, shard, recorder, clock: { ...systemClock, every }, addresses, signal })
  } finally {
    expect(running).toBe(0)
  }
  const now = systemClock.now()
  return driven(recorder.finish(now), now - start)
}

function driven(recording: Recording, took: number): Driven {
  const iterations = addIterations(recording.lanes.map((lane) => lane.iterations))
  const warmup = addIterations(recording.warmup.map((lane) => lane.iterations))
  const kinds: Record<string, number> = {}
  for (const { kind, count } of recording.lanes.flatMap((lane) => lane.errors)) kinds[kind] = (kinds[kind] ?? 0) + count
  expect(isBalanced(iterations)).toBe(true)
  expect(isBalanced(warmup)).toBe(true)
  return { recording, iterations, warmup, kinds, took }
}

async function hostile({ onTestFinished }: TestContext, name: HostileName, options?: HostileOptions) {
  const server = await startHostile(name, options)
  onTestFinished(() => server.stop())
  return server
}

async function here({ onTestFinished }: TestContext, treat: HostileServer, options?: HostileOptions) {
  const server = await startServer(treat, options)
  onTestFinished(() => server.stop())
  return server
}

/** Of the ok iterations of the first series, ms. */
function percentile({ recording }: Driven, q: number): number {
  return decodeFromCompressedBase64(recording.lanes[0]?.latency.hdr ?? '').getValueAtPercentile(q * 100) / 1000
}

describe.concurrent('each server that misbehaves', () => {
  it('healthy, 20 ms: all ok, latency is the delay', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { delay: 20 })
    const run = await drive(server.url, { duration: 1000 })
    const log = await server.log()
    expect(run.iterations).toMatchObject({
      scheduled: log.requests,
      ok: log.answered,
      failed: 0,
      timedOut: 0,
      unfinished: 0,
    })
    expect(log.connections).toBe(4)
    expect(log.requests).toBeGreaterThan(40)
    expect(percentile(run, 0.5)).toBeGreaterThanOrEqual(19)
    expect(percentile(run, 0.5)).toBeLessThan(30)
    expect(run.recording.duration).toBeGreaterThan(999)
    expect(run.took).toBeLessThan(2000)
  })

  it('hangs: every request timed out or is unfinished, with its age', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'hangs')
    const run = await drive(server.url, { duration: 1000, timeout: 300, gracefulStop: 100 })
    const log = await server.log()
    const { scheduled, ok, failed, timedOut, unfinished } = run.iterations
    expect({ scheduled, ok, failed }).toEqual({ scheduled: log.requests, ok: 0, failed: 0 })
    expect(timedOut + unfinished).toBe(log.held)
    expect(timedOut).toBeGreaterThanOrEqual(4)
    expect(run.kinds).toEqual({ timeout: timedOut })
    expect(run.recording.lanes[0]?.errors[0]?.example).toBe('GET /: no whole answer within 300 ms')
    const censored = run.recording.lanes[0]?.censoredLatency
    expect(censored?.count).toBe(timedOut + unfinished)
    expect(censored?.max).toBeGreaterThanOrEqual(300)
    expect(run.took).toBeLessThan(2000)
  })

  it.for([
    ['closes', 'closed', 'GET /: the connection was closed without an answer'],
    ['resets', 'reset', /^GET \/: (read ECONNRESET|write EPIPE)$/],
    ['resets-in-body', 'reset', /^GET \/: (read ECONNRESET|write EPIPE)$/],
    ['resets-at-end', 'reset', /^GET \/: (read ECONNRESET|write EPIPE)$/],
    ['truncates', 'truncated', 'GET /: the connection was closed in the answer'],
    ['garbage', 'protocol', 'GET /: the answer is not HTTP: "\\x00\\x01this is no answer\\x0d\\x0a\\x0d\\x0a"'],
  ] as const)('%s: every request is received, and fails as %s', async ([name, kind, example], test) => {
    const { expect } = test
    const server = await hostile(test, name)
    const run = await drive(server.url, { duration: 800 })
    const log = await server.log()
    const { scheduled, failed, unfinished } = run.iterations
    expect({ scheduled, failed, unfinished }).toEqual({ scheduled: log.requests, failed: log.requests, unfinished: 0 })
    expect(run.kinds).toEqual({ [kind]: log.requests })
    expect(run.recording.lanes[0]?.errors[0]?.example).toMatch(example)
    expect(log.requests).toBeGreaterThanOrEqual(20)
    // At most 100 connections a second for each of the four.
    expect(log.connections).toBeLessThanOrEqual(4 * 82)
    expect(run.recording.lanes[0]?.latency.count).toBe(0)
    expect(run.took).toBeLessThan(1800)
  })

  it('loses every third: exactly those failed, good latencies stay right', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'loses-third')
    const run = await drive(server.url, { duration: 1000 })
    const log = await server.log()
    expect(run.iterations).toMatchObject({
      scheduled: log.requests,
      ok: log.answered,
      failed: log.closed,
      unfinished: 0,
    })
    expect(run.kinds).toEqual({ closed: log.closed })
    expect(log.closed).toBe(Math.floor(log.requests / 3))
    expect(percentile(run, 0.5)).toBeLessThan(10)
  })

  it('503 for every fourth: exactly those failed', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'errors', { delay: 2 })
    const run = await drive(`${server.url}/pay?token=abc`, { duration: 800 })
    const log = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: log.requests, ok: log.answered - log.errors, failed: log.errors })
    expect(run.kinds).toEqual({ 'http-5xx': log.errors })
    expect(run.recording.lanes[0]?.errors[0]?.example).toBe(
      'GET /pay?token=[redacted] answered 503 Service Unavailable',
    )
    expect(log.connections).toBe(4)
  })

  it('connection: close: exact and valid, a connection for every request', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'connection-close', { delay: 1 })
    const run = await drive(server.url, { duration: 800 })
    const log = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: log.requests, ok: log.answered, failed: 0, unfinished: 0 })
    expect(log.requests).toBeGreaterThan(100)
    expect(log.connections - log.requests).toBeLessThanOrEqual(4)
    expect(percentile(run, 0.5)).toBeLessThan(20)
  })

  it('nobody listens: one refused request for each attempt, which back off', async (test) => {
    const { expect } = test
    const server = await startServer(() => {})
    await server.stop()
    const run = await drive(server.url, { duration: 1000 })
    const { scheduled, failed } = run.iterations
    expect(run.kinds).toEqual({ refused: scheduled })
    expect(failed).toBe(scheduled)
    expect(scheduled).toBeGreaterThanOrEqual(4 * 3)
    expect(scheduled).toBeLessThanOrEqual(4 * 8)
  })
})

describe.concurrent('how much is sent', () => {
  it('exactly the amount, each request with a body of its own', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { keep: true })
    const target = http.post(`${server.url}/orders`, {
      json: (id: number) => ({ id }),
      headers: (id) => ({ 'x-id': `${id}` }),
    })
    const run = await drive(target, { amount: 502 })
    const { seen, requests } = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: 502, ok: 502 })
    expect(requests).toBe(502)
    const ids = seen.map(({ body }) => (JSON.parse(body) as { id: number }).id).sort((a, b) => a - b)
    expect(ids).toEqual(Array.from({ length: 502 }, (_, id) => id))
    expect(seen.every(({ body, headers }) => headers['x-id'] === String(JSON.parse(body).id))).toBe(true)
    expect(new Set(seen.map(({ headers }) => headers.host))).toEqual(new Set([new URL(server.url).host]))
    expect(run.took).toBeLessThan(3000)
  })

  it('the amount after a warm-up on the same connections', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { delay: 5, keep: true })
    const run = await drive(http.post(server.url, { body: (i) => `${i}` }), { amount: 100, warmup: 300 })
    const { seen, requests, connections } = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: 100, ok: 100 })
    expect(run.warmup.ok).toBeGreaterThan(0)
    expect(requests).toBe(run.iterations.scheduled + run.warmup.scheduled)
    expect(connections).toBe(4)
    expect(new Set(seen.map(({ body }) => body)).size).toBe(requests)
  })

  it('fewer than there are connections', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy')
    expect((await drive(server.url, { amount: 2 })).iterations).toMatchObject({ scheduled: 2, ok: 2 })
    expect((await server.log()).requests).toBe(2)
  })

  it('a list, in turn on each connection, each request counted under its name', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { keep: true })
    const list = [`${server.url}/a`, http.post(`${server.url}/b`, { json: { n: 1 } }), http.delete(`${server.url}/c`)]
    const run = await drive(list, { amount: 300 })
    const { seen } = await server.log()
    for (const connection of [1, 2, 3, 4]) {
      const paths = seen.filter((request) => request.connection === connection).map(({ path }) => path)
      expect(paths).toEqual(paths.map((_, index) => ['/a', '/b', '/c'][index % 3]))
    }
    for (const { name, iterations } of run.recording.lanes) {
      expect(iterations.ok).toBe(seen.filter(({ method, path }) => `${method} ${path}` === name).length)
    }
    expect(run.iterations.ok).toBe(300)
  })

  it('shards share connections, amount and iteration numbers', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { keep: true })
    const target = http.post(server.url, { body: (i) => `${i}` })
    const parts = await Promise.all(
      [0, 1, 2].map((index) => drive(target, { connections: 2, amount: 101 }, { shard: { index, of: 3 } })),
    )
    const { iterations } = driven(mergeRecordings(parts.map(({ recording }) => recording)), 0)
    const { seen, connections } = await server.log()
    expect(iterations).toMatchObject({ scheduled: 101, ok: 101 })
    expect(connections).toBe(2)
    expect(new Set(seen.map(({ body }) => body)).size).toBe(101)
  })

  it('nothing more after an abort: what is under way is unfinished', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'hangs')
    const run = await drive(server.url, { duration: 10_000 }, { signal: AbortSignal.timeout(200) })
    expect(run.iterations).toMatchObject({ scheduled: 4, unfinished: 4 })
    expect((await server.log()).requests).toBe(4)
    expect(run.took).toBeLessThan(1200)
  })

  it('nothing at all when aborted before', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy')
    const run = await drive(server.url, { duration: 1000 }, { signal: AbortSignal.abort() })
    expect(run.iterations.scheduled).toBe(0)
    expect((await server.log()).connections).toBe(0)
  })
})

describe.concurrent('what answers are', () => {
  const plain = 'content-length: 2\r\n\r\nkk'

  it('shown to expect: status, headers, and the body as text however it was cut', async (test) => {
    const { expect } = test
    const body = Buffer.from('{"word":"größe"}')
    const server = await here(test, ({ socket }) => {
      const cut = body.indexOf(0xc3) + 1
      socket.write('HTTP/1.1 201 Created\r\nX-Id: 7\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n')
      socket.write(`transfer-encoding: chunked\r\n\r\n${cut.toString(16)}\r\n`)
      socket.write(body.subarray(0, cut))
      socket.write(`\r\n${(body.length - cut).toString(16)}\r\n`)
      socket.write(Buffer.concat([body.subarray(cut), Buffer.from('\r\n0\r\n\r\n')]))
    })
    const seen: unknown[] = []
    const target = http.get(server.url, {
      expect: ({ status, headers, json }) => seen.push([status, headers['x-id'], headers['set-cookie'], json()]) > 0,
    })
    expect((await drive(target, { amount: 20 })).iterations.ok).toBe(20)
    expect(seen).toEqual(Array(20).fill([201, '7', ['a=1', 'b=2'], { word: 'größe' }]))
  })

  it('thrown by expect, or not sent because the body function threw', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { keep: true })
    const list = [
      http.get(`${server.url}/a`, {
        expect: () => {
          throw new Error('no secret: abc')
        },
      }),
      http.post(`${server.url}/b`, {
        body: (i) => {
          if (i % 2) throw new Error('no body')
          return `${i}`
        },
      }),
      http.post(`${server.url}/c`, { body: (() => 7) as never }),
      `${server.url}/d`,
    ]
    const run = await drive(list, { amount: 80, connections: 1 })
    const { requests, seen } = await server.log()
    const lanes = Object.fromEntries(run.recording.lanes.map((lane) => [lane.name, lane]))
    expect(lanes['GET /a']).toMatchObject({ iterations: { scheduled: 20, failed: 20 } })
    expect(lanes['GET /a']?.errors[0]).toMatchObject({
      kind: 'thrown',
      example: 'GET /a answered 200 OK, and expect threw Error: no secret: [redacted]',
    })
    expect(lanes['POST /b']?.errors[0]).toMatchObject({
      kind: 'thrown',
      example: 'POST /b was not sent: Error: no body',
    })
    expect(lanes['POST /c']?.errors[0]).toMatchObject({ kind: 'thrown', count: 20 })
    expect(lanes['GET /d']?.iterations.ok).toBe(20)
    const neverSent = (lanes['POST /b']?.iterations.failed ?? 0) + (lanes['POST /c']?.iterations.failed ?? 0)
    expect(requests).toBe(80 - neverSent)
    expect(seen.every(({ path }) => path !== '/c')).toBe(true)
  })

  it('ended by the end of the connection', async (test) => {
    const { expect } = test
    const server = await here(test, ({ socket }) => socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end'))
    const target = http.get(server.url, { expect: ({ body }) => body === 'until the end' })
    expect((await drive(target, { amount: 50 })).iterations.ok).toBe(50)
    expect(server.log().requests).toBe(50)
  })

  it('announced by interim answers', async (test) => {
    const { expect } = test
    const server = await here(test, ({ socket }) => {
      socket.write(`HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n${plain}`)
    })
    expect((await drive(server.url, { amount: 50 })).iterations.ok).toBe(50)
    expect(server.log().requests).toBe(50)
  })

  it.for(['content-length: 100\r\n', ''])('without the body that %j speaks of, to HEAD', async (headers, test) => {
    const { expect } = test
    const server = await here(test, ({ socket }) => socket.write(`HTTP/1.1 200 OK\r\n${headers}\r\n`))
    expect((await drive(http.head(server.url), { amount: 50, duration: undefined })).iterations.ok).toBe(50)
    expect(server.log()).toMatchObject({ requests: 50, connections: 4 })
  })

  it.for(['204 No Content', '304 Not Modified'])('without a body, by their status: %s', async (status, test) => {
    const { expect } = test
    const server = await here(test, ({ socket }) => socket.write(`HTTP/1.1 ${status}\r\ncontent-length: 5\r\n\r\n`))
    expect((await drive(server.url, { amount: 20, timeout: 500 })).iterations.ok).toBe(20)
    expect(server.log()).toMatchObject({ requests: 20, connections: 4 })
  })

  it('never taken for the answer to a later request', async (test) => {
    const { expect } = test
    const answer = `HTTP/1.1 200 OK\r\n${plain}`
    const server = await here(test, ({ socket }) => socket.write(answer + answer))
    const run = await drive(server.url, { duration: 300 })
    expect(run.kinds).toEqual({ protocol: run.iterations.failed })
    expect(Math.abs(run.iterations.ok - run.iterations.failed)).toBeLessThanOrEqual(4)
  })

  it.for(['SSH-2.0-OpenSSH', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n<html>boom'])(
    'recognised as garbage without the end of a line: %j',
    async (bytes, test) => {
      const { expect } = test
      const server = await here(test, ({ socket }) => socket.write(bytes))
      const run = await drive(server.url, { duration: 200, timeout: 5000 })
      expect(run.kinds).toEqual({ protocol: run.iterations.scheduled })
    },
  )

  it('failed when too large to be shown to expect', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { bodyBytes: 11 * 2 ** 20 })
    const run = await drive([http.get(`${server.url}/judged`, { expect: () => true }), `${server.url}/plain`], {
      amount: 4,
      connections: 1,
    })
    expect(run.recording.lanes.map(({ iterations: { ok, failed } }) => [ok, failed])).toEqual([
      [0, 2],
      [2, 0],
    ])
    expect(run.recording.lanes[0]?.errors).toMatchObject([
      { kind: 'too-large', example: 'GET /judged: the answer is over 10 MiB, too much to show it to expect' },
    ])
  })

  it('given up when they stop in the middle', async (test) => {
    const { expect } = test
    const server = await here(test, ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'))
    const run = await drive(server.url, { duration: 400, timeout: 100, gracefulStop: 1000 })
    expect(run.kinds).toEqual({ timeout: run.iterations.scheduled })
    expect(server.log().requests).toBe(run.iterations.scheduled)
  })
})

it('survives a server that goes away and comes back', async (test) => {
  const first = await startServer(({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
  const driving = drive(first.url, { duration: 1500 })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await first.stop()
  await new Promise((resolve) => setTimeout(resolve, 400))
  const second = await here(
    test,
    ({ socket, log }) => {
      log.answered++
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    },
    { port: first.port },
  )
  const { iterations, kinds } = await driving
  expect(second.log().answered).toBeGreaterThan(100)
  expect(Object.keys(kinds).filter((kind) => !['closed', 'reset', 'refused'].includes(kind))).toEqual([])
  expect(iterations.scheduled - (kinds.refused ?? 0)).toBeGreaterThanOrEqual(
    first.log().requests + second.log().requests,
  )
})

it('keeps no bodies nobody reads', async (test) => {
  const server = await hostile(test, 'healthy', { bodyBytes: 16e6 })
  const before = process.memoryUsage().heapUsed
  let peak = before
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().heapUsed)
  }, 10)
  test.onTestFinished(() => clearInterval(sampling))
  const run = await drive(server.url, { amount: 24 })
  expect(run.iterations.ok).toBe(24)
  expect(peak - before).toBeLessThan(24e6)
})

it('rejects, with nothing left running, when autocannon refuses', async (test) => {
  const server = await hostile(test, 'healthy')
  const target = { kind: 'http', method: 'PURGE', url: server.url } as const
  await expect(drive(target, { amount: 10 })).rejects.toThrow(/PURGE/)
  expect((await server.log()).connections).toBe(0)
})
