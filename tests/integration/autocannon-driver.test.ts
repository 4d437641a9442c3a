// The autocannon driver beyond what all drivers are put to (hostile-servers.test.ts): amounts, lists, answers, pipelining.

import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { describe, expect, it, type TestContext, vi } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { http } from '../../src/core/http-request.ts'
import { addIterations, type Iterations, isBalanced } from '../../src/core/iterations.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { planLoad, seriesOf } from '../../src/core/plan.ts'
import { Recorder } from '../../src/core/recorder.ts'
import { mergeRecordings, type Recording } from '../../src/core/recording.ts'
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

interface Circumstances {
  readonly shard?: Shard
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

async function drive(
  target: Target,
  options: LoadOptions,
  { shard = { index: 0, of: 1 }, signal = new AbortController().signal, clock = systemClock }: Circumstances = {},
): Promise<Driven> {
  const plan = planLoad(target, { connections: 4, warmup: 0, ...options }, { baseUrl: undefined } as never)
  const start = clock.now() + plan.warmup
  const recorder = new Recorder({ series: seriesOf(plan), open: false, fixedAmount: 'amount' in plan.load, start })
  const requests = plan.target.kind === 'http' ? plan.target.requests : []
  const addresses = Object.fromEntries(
    requests.map(({ origin }) => [origin, { address: '127.0.0.1', port: Number(new URL(origin).port) }]),
  )
  let running = 0
  const every = (interval: number, callback: () => void) => {
    const stop = clock.every(interval, callback)
    running++
    return () => {
      running--
      stop()
    }
  }
  try {
    await driveAutocannon({ plan, shard, recorder, clock: { ...clock, every }, addresses, signal })
  } finally {
    expect(running).toBe(0)
  }
  const now = clock.now()
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

/** A clock that stands still until it is told how far to go on, and then has everything looked at. */
function handClock(): Clock & { advance(ms: number): void } {
  const callbacks = new Set<() => void>()
  let now = 0
  return {
    now: () => now,
    every(_, callback) {
      callbacks.add(callback)
      return () => callbacks.delete(callback)
    },
    soon: systemClock.soon,
    advance(ms) {
      now += ms
      for (const callback of callbacks) callback()
    },
  }
}

/** Of the ok iterations of the first series, ms. */
function percentile({ recording }: Driven, q: number): number {
  return decodeFromCompressedBase64(recording.lanes[0]?.latency.hdr ?? '').getValueAtPercentile(q * 100) / 1000
}

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

it('rejects, with nothing left running, when autocannon refuses', async (test) => {
  const server = await hostile(test, 'healthy')
  const target = { kind: 'http', method: 'PURGE', url: server.url } as const
  await expect(drive(target, { amount: 10 })).rejects.toThrow(/PURGE/)
  expect((await server.log()).connections).toBe(0)
})

/** Does `fault` to the sixth request of every connection when as many as go with it are there; those behind are held. */
function sixth(fault: HostileServer, pipelining: number): HostileServer {
  const pending = new Map<number, { count: number; act?: () => void }>()
  return (exchange) => {
    const { socket, log, request } = exchange
    const seen = pending.get(request.connection) ?? { count: 0 }
    pending.set(request.connection, seen)
    seen.count++
    if (seen.count > 6) log.held++
    if (seen.count === 6) {
      seen.act = () => {
        delete seen.act
        clearTimeout(late)
        fault(exchange)
      }
      // At the end of the run no more may come.
      const late = setTimeout(seen.act, 100)
    }
    if (seen.count < 6) {
      log.answered++
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
    } else if (seen.count === 5 + pipelining) seen.act?.()
  }
}

const faults: Readonly<Record<string, HostileServer>> = {
  closed: ({ socket, log }) => {
    log.closed++
    socket.end()
  },
  reset: ({ socket, log }) => {
    log.reset++
    socket.resetAndDestroy()
  },
  truncated: ({ socket, log }) => {
    log.truncated++
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')
  },
  garbage: ({ socket, log }) => {
    log.garbage++
    socket.write('\u0000 no answer\r\n\r\n')
  },
  'connection: close': ({ socket, log }) => {
    log.answered++
    socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
  },
}

describe.concurrent.for([1, 4])('with pipelining %i, a connection that ends by', (pipelining) => {
  it.for([
    ['closed', {}],
    ['reset', {}],
    ['truncated', { truncated: 'truncated' }],
    ['garbage', { protocol: 'garbage' }],
    ['connection: close', {}],
  ] as const)('%s: loses exactly what was on it', async ([name, own], test) => {
    const { expect } = test
    const server = await here(test, sixth(faults[name] as HostileServer, pipelining))
    const run = await drive(server.url, { duration: 400, pipelining })
    const log = server.log()
    const { scheduled, ok, failed } = run.iterations
    const others = name === 'reset' ? 'reset' : 'closed'
    const ownKinds = Object.fromEntries(Object.entries(own).map(([kind, field]) => [kind, log[field]]))
    // What has arrived at a connection when its server resets it, unread, is never seen there.
    const unread = name === 'reset' ? scheduled - log.requests : 0
    const lost = log.closed + log.reset + log.held + unread
    expect(unread).toBeGreaterThanOrEqual(0)
    expect(unread).toBeLessThanOrEqual(log.reset / 10)
    expect({ scheduled, ok, failed }).toEqual({
      scheduled: log.requests + unread,
      ok: log.answered,
      failed: log.requests + unread - log.answered,
    })
    expect(run.kinds).toEqual({ ...ownKinds, ...(lost > 0 ? { [others]: lost } : {}) })
    expect(log.requests).toBeGreaterThanOrEqual(4 * (5 + pipelining))
    if (pipelining === 1) expect(log.held).toBe(0)
    else expect(log.held).toBeGreaterThanOrEqual(4 * 3)
  })
})

describe.concurrent('with pipelining', () => {
  it('so many are under way on a connection, and no more', async (test) => {
    const { expect } = test
    const waiting: (() => void)[] = []
    let most = 0
    const server = await here(test, ({ socket, request }) => {
      waiting.push(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
      most = Math.max(most, waiting.length)
      // What is sent too early is seen too.
      if (request.number % 4 === 0) {
        setTimeout(() => {
          for (const answer of waiting.splice(0)) answer()
        }, 5)
      }
    })
    const run = await drive(server.url, { connections: 1, pipelining: 4, amount: 40, timeout: 2000 })
    expect(run.iterations).toMatchObject({ scheduled: 40, ok: 40 })
    expect(most).toBe(4)
    // Nagle's algorithm would keep requests back for the server's delayed acknowledgement, 40 ms.
    expect(percentile(run, 0.5)).toBeLessThan(30)
    expect(server.log()).toMatchObject({ requests: 40, connections: 1 })
  })

  it('answers belong to requests in their order, however they are cut', async (test) => {
    const { expect } = test
    const server = await here(
      test,
      ({ socket, request: { method, path, body, number } }) => {
        const text = path + body
        const bytes = `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${method === 'HEAD' ? '' : text}`
        const cut = (number * 7) % bytes.length
        socket.write(bytes.slice(0, cut))
        socket.write(bytes.slice(cut))
      },
      { keep: true },
    )
    let next = ''
    const list = [
      http.get(`${server.url}/a`, { expect: ({ body }) => body === '/a' }),
      http.head(`${server.url}/b`, { expect: ({ body, headers }) => body === '' && headers['content-length'] === '2' }),
      http.post(`${server.url}/c`, {
        body: (i) => `${i}`,
        expect: ({ body }) => {
          const before = next
          next = body
          return body.startsWith('/c') && body !== before
        },
      }),
    ]
    const run = await drive(list, { connections: 2, pipelining: 5, amount: 301 })
    expect(run.iterations).toMatchObject({ scheduled: 301, ok: 301 })
    const { seen } = server.log()
    for (const connection of [1, 2]) {
      const paths = seen.filter((request) => request.connection === connection).map(({ path }) => path)
      expect(paths.length).toBeGreaterThan(5)
      expect(paths).toEqual(paths.map((_, index) => ['/a', '/b', '/c'][index % 3]))
    }
    const bodies = seen.filter(({ path }) => path === '/c').map(({ body }) => body)
    expect(new Set(bodies).size).toBe(bodies.length)
  })

  it('an answer has begun that was cut right behind the one before it', async (test) => {
    const { expect } = test
    const server = await here(test, ({ socket, log, request: { number } }) => {
      if (number % 2) return
      log.answered++
      log.truncated++
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 2')
    })
    const run = await drive(server.url, { connections: 1, pipelining: 2, amount: 2 })
    expect(run.iterations).toMatchObject({ scheduled: 2, ok: 1, failed: 1 })
    expect(run.kinds).toEqual({ truncated: 1 })
    expect(server.log()).toMatchObject({ requests: 2, answered: 1, truncated: 1 })
  })

  it('only one is refused for each attempt to connect', async (test) => {
    const { expect } = test
    const server = await startServer(() => {})
    await server.stop()
    const run = await drive(server.url, { duration: 500, pipelining: 8 })
    expect(run.kinds).toEqual({ refused: run.iterations.scheduled })
    expect(run.iterations.scheduled).toBeLessThanOrEqual(4 * 7)
  })

  it('all that are under way at an abort are unfinished', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'hangs')
    const run = await drive(server.url, { duration: 10_000, pipelining: 3 }, { signal: AbortSignal.timeout(300) })
    expect(run.iterations).toMatchObject({ scheduled: 12, unfinished: 12 })
    expect((await server.log()).requests).toBe(12)
  })

  it('time-outs: each in its own time, and a late answer is no other request’s', async (test) => {
    const { expect } = test
    const clock = handClock()
    const waiting: ((body: string) => void)[] = []
    const server = await here(test, ({ socket }) => {
      waiting.push((body) => socket.write(body))
    })
    const answered = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${body}`
    const target = http.get(server.url, { expect: ({ body }) => body === 'ok' })
    const options = { connections: 1, pipelining: 4, amount: 8, timeout: 1000 }
    const driving = drive(target, options, { clock })
    const arrived = (count: number) => vi.waitFor(() => expect(waiting).toHaveLength(count))
    await arrived(4)
    clock.advance(500)
    waiting[0]?.(answered('ok'))
    await arrived(5)
    waiting[1]?.(answered('la').slice(0, -1))
    await new Promise((resolve) => setTimeout(resolve, 20))
    clock.advance(500)
    for (const [index, rest] of ['a', answered('te'), answered('te'), answered('ok')].entries())
      waiting[index + 1]?.(rest)
    await arrived(8)
    for (const answer of waiting.slice(5)) answer(answered('ok'))
    const ticking = setInterval(() => clock.advance(0), 5)
    test.onTestFinished(() => clearInterval(ticking))
    const run = await driving
    expect(run.iterations).toMatchObject({ scheduled: 8, ok: 5, failed: 0, timedOut: 3 })
    expect(server.log()).toMatchObject({ requests: 8, connections: 1 })
  })

  it('a connection on which all timed out is given up', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'hangs')
    const run = await drive(server.url, { duration: 500, timeout: 100, pipelining: 4, gracefulStop: 1000 })
    const log = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: log.requests, timedOut: log.requests, unfinished: 0 })
    expect(run.kinds).toEqual({ timeout: log.requests })
    expect(log.connections).toBeGreaterThanOrEqual(8)
    // The last connection of each client may have come up when no more was to be sent.
    expect(log.requests).toBeGreaterThanOrEqual((log.connections - 4) * 4)
  })

  it('an answer too large to be shown to expect fails alone', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { bodyBytes: 11 * 2 ** 20 })
    const run = await drive([http.get(`${server.url}/judged`, { expect: () => true }), `${server.url}/plain`], {
      amount: 8,
      connections: 1,
      pipelining: 4,
    })
    expect(run.recording.lanes.map(({ iterations: { ok, failed } }) => [ok, failed])).toEqual([
      [0, 4],
      [4, 0],
    ])
    expect(run.kinds).toEqual({ 'too-large': 4 })
    expect(await server.log()).toMatchObject({ requests: 8, answered: 8 })
  })

  it('a request that cannot be made is passed over, and no other', async (test) => {
    const { expect } = test
    const server = await hostile(test, 'healthy', { keep: true })
    const body = (i: number) => {
      if (i % 3 === 0) throw new Error('no body')
      return `${i}`
    }
    const list = [`${server.url}/a`, http.post(`${server.url}/b`, { body })]
    const run = await drive(list, { amount: 120, connections: 1, pipelining: 4 })
    const { requests, seen } = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: 120, ok: 100, failed: 20 })
    expect(run.kinds).toEqual({ thrown: 20 })
    expect(requests).toBe(100)
    expect(seen.filter(({ path }) => path === '/b').map((request) => Number(request.body))).toEqual(
      Array.from({ length: 60 }, (_, index) => 2 * index + 1).filter((i) => i % 3 !== 0),
    )
  })
})
