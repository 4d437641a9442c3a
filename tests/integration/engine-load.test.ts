// load() from end to end, without Vitest's part: real servers in processes of their own that count what they got.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep, setImmediate as soon } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { http } from '../../src/core/http-request.ts'
import { isBalanced } from '../../src/core/iterations.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import type { Progress } from '../../src/core/progress.ts'
import { Run } from '../../src/core/run.ts'
import type { Target } from '../../src/core/target.ts'
import { type LoadHost, load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import type { Server } from '../../src/processes/server.ts'

const script = fileURLToPath(new URL('../support/servers/counting-server.ts', import.meta.url))
const started: Server[] = []

function start(work = 0): Promise<Server> {
  return serve(['node', script], { name: 'counter', ready: /ready/, env: { WORK: String(work) } })
}

/** A server for one test alone. */
async function startOwn(work = 0): Promise<Server> {
  const server = await start(work)
  started.push(server)
  return server
}

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop()
})

interface Counts {
  readonly requests: Readonly<Record<string, number>>
  readonly connections: number
}

async function countsOf(server: Server): Promise<Counts> {
  const response = await fetch(`${server.url}/counts`, { headers: { connection: 'close' } })
  return (await response.json()) as Counts
}

function expectBalanced(run: Run): void {
  expect(isBalanced(run.iterations)).toBe(true)
  expect(isBalanced(run.warmup.iterations)).toBe(true)
  expect(run.timeline.rows.reduce((sum, row) => sum + row.ok, 0)).toBe(run.iterations.ok)
}

it('tells of several threads as long as one of them sends', async () => {
  const server = await startOwn(1500)
  const ticks: number[] = []
  // The first thread has two users and two iterations, the second one user for as many.
  const host: LoadHost = { onProgress: ({ tick }) => ticks.push(tick.elapsed) }
  const run = await load(`${server.url}/`, { vus: 3, iterations: 4, workers: 2 }, host)
  expect(run.iterations.ok).toBe(4)
  expect(Math.max(...ticks)).toBeGreaterThan(1900)
})

describe('the ledger', () => {
  let server: Server
  let before: Counts
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  async function gained(path: string): Promise<number> {
    return ((await countsOf(server)).requests[path] ?? 0) - (before.requests[path] ?? 0)
  }

  it.each<[string, LoadOptions]>([
    ['connections', { connections: 4, duration: 400 }],
    ['an amount on connections', { connections: 3, amount: 200 }],
    ['virtual users', { vus: 4, duration: 400 }],
    ['a rate', { rate: 200, duration: 500 }],
    ['pipelined connections', { connections: 2, pipelining: 4, duration: 400 }],
    [
      'users that come and go',
      {
        stages: [
          { vus: 6, duration: 300 },
          { vus: 1, duration: 300 },
        ],
      },
    ],
    ['shared iterations', { vus: 3, iterations: 100 }],
    ['batches', { iterations: 100, batch: 8 }],
    ['iterations of each user', { vus: 4, iterationsPerVu: 25 }],
    ['users that think', { vus: 4, iterationsPerVu: 25, thinkTime: { min: 1, max: 8 } }],
    ['a rate that rises', { stages: [{ rate: 400, duration: 500 }] }],
    ['arrivals at random', { rate: 200, duration: 500, arrivals: 'poisson' }],
    ['several threads of connections', { connections: 4, amount: 100, workers: 2 }],
    ['several threads of users', { vus: 5, iterations: 100, workers: 3 }],
    ['several threads at a rate', { rate: 200, duration: 500, workers: 3 }],
    ['several threads at random', { rate: 200, duration: 500, workers: 2, arrivals: 'poisson' }],
  ])('of %s equals what the server counted', async (_, options) => {
    before = await countsOf(server)
    const run = await load(`${server.url}/`, options)
    expectBalanced(run)
    expect(run.iterations).toMatchObject({ failed: 0, timedOut: 0, unfinished: 0, dropped: 0 })
    expect(run.iterations.ok).toBe(await gained('GET /'))
    expect(run).toMatchObject({ valid: true, aborted: undefined, errors: [] })
    // Little's law: no more time in iterations than users had, and they were as many as asked for.
    const { duty = 0, busy = 0 } = run.data.occupancy ?? {}
    expect(busy).toBeLessThanOrEqual(duty * 1.01)
    expect(busy > 0).toBe(run.model === 'closed')
    const { connections = 0, pipelining = 1, duration = 0 } = run.asked
    const users = options.stages ? undefined : connections * pipelining || run.asked.vus
    if (users && duration) expect(duty / duration).toBeCloseTo(users, -0.5)
    expect(run.latency.p95).toBeGreaterThan(0)
    const { amount, iterations, iterationsPerVu, vus = 1, rate } = options
    const asked = amount ?? iterations ?? (iterationsPerVu ? iterationsPerVu * vus : rate ? 100 : undefined)
    if (asked) expect(run.iterations.ok).toBe(asked)
  })

  it.each<LoadOptions>([{ connections: 3 }, { vus: 3 }, { rate: 200 }])(
    'counts the warm-up apart: %j',
    async (load_) => {
      before = await countsOf(server)
      const run = await load(`${server.url}/`, { ...load_, duration: 300, warmup: 300 })
      expectBalanced(run)
      expect(run.warmup.iterations.ok).toBeGreaterThan(0)
      expect(run.iterations.ok + run.warmup.iterations.ok).toBe(await gained('GET /'))
      expect(run.latency.count).toBe(run.iterations.ok)
    },
  )

  it('of several threads of users is the same mix of requests as of one', async () => {
    before = await countsOf(server)
    await load([`${server.url}/x`, `${server.url}/y`], { vus: 4, iterations: 200, workers: 2 })
    expect([await gained('GET /x'), await gained('GET /y')]).toEqual([100, 100])
  })

  it('of several runs at once is each its own, and each says that it was not alone', async () => {
    before = await countsOf(server)
    const [closed, open] = await Promise.all([
      load(`${server.url}/closed`, { vus: 2, duration: 600 }),
      load(`${server.url}/open`, { rate: 100, duration: 300, workers: 2 }),
    ])
    const alone = await load(`${server.url}/later`, { rate: 100, duration: 200 })
    expect(closed.iterations.ok).toBe(await gained('GET /closed'))
    expect(open.iterations.ok).toBe(await gained('GET /open'))
    const beside = ({ warnings }: Run) => warnings.filter((text) => text.includes('at the same time'))
    expect(beside(closed)).toEqual([
      expect.stringMatching(/^"GET \/open" was sent at the same time, from 0 s to \d\.\d s: /),
    ])
    expect(beside(open)).toEqual([expect.stringMatching(/^"GET \/closed" was sent/)])
    expect(beside(alone)).toEqual([])
  })

  it('of a list is one of each request, sent in turn', async () => {
    before = await countsOf(server)
    const list = [
      `${server.url}/a`,
      http.post(`${server.url}/b`, { json: { n: 1 } }),
      http.get(`${server.url}/missing`),
    ]
    const run = await load(list, { rate: 90, duration: 500 })
    expectBalanced(run)
    const each = ['GET /a', 'POST /b', 'GET /missing']
    expect(run.data.lanes.map(({ name }) => name)).toEqual(each)
    for (const name of each) {
      expect(run.request(name).iterations.scheduled).toBe(15)
      expect(await gained(name)).toBe(15)
    }
    expect(run.request('GET /missing')).toMatchObject({ errorRate: 1, errors: [{ kind: 'http-4xx', count: 15 }] })
    expect(run.errorRate).toBeCloseTo(1 / 3)
  })

  it('of a function counts its calls, its checks and its throws', async () => {
    before = await countsOf(server)
    const run = await load(
      async ({ iteration, check }) => {
        const response = await fetch(`${server.url}/task`)
        check('is ok', response.ok)
        await response.text()
        if (iteration % 10 === 9) throw new Error('every tenth')
      },
      { rate: 100, duration: 500, name: 'visit' },
    )
    expectBalanced(run)
    expect(run.iterations).toMatchObject({ scheduled: 50, ok: 45, failed: 5 })
    expect(await gained('GET /task')).toBe(50)
    expect(run).toMatchObject({ name: 'visit', checks: [{ name: 'is ok', passed: 50, failed: 0 }] })
    expect(run.errors).toEqual([{ kind: 'thrown', count: 5, example: expect.stringContaining('every tenth') }])
  })

  it('of requests made by functions is counted in this thread too', async () => {
    before = await countsOf(server)
    const target = http.post(`${server.url}/made`, {
      json: (i: number) => ({ i }),
      expect: ({ body }) => body === 'ok',
    })
    for (const options of [{ vus: 2 }, { connections: 2 }, { rate: 50 }]) {
      const run = await load(target, { ...options, duration: 200 })
      expectBalanced(run)
      expect(run.iterations.ok).toBe(await gained('POST /made'))
      before = await countsOf(server)
    }
  })

  it('is the same after a way through JSON', async () => {
    const run = await load(`${server.url}/`, { rate: 100, duration: 300, warmup: 100 })
    const again = Run.from(JSON.stringify(run))
    expect(again.toJSON()).toEqual(run.toJSON())
    const read = ({ latency, serviceTime, lag, throughput, errorRate, iterations }: Run) => [
      ...[latency, serviceTime, lag].flatMap(({ count, min, mean, p50, p95, p99, max }) => [
        ...[count, min, mean, p50, p95, p99, max],
      ]),
      ...[throughput, errorRate, iterations],
    ]
    expect(read(again)).toEqual(read(run))
  })
})

describe('a run that is ended', () => {
  it.each<LoadOptions>([{ connections: 4 }, { vus: 4 }, { rate: 50 }])(
    'by its signal stops at once and keeps what was measured: %j',
    async (options) => {
      const server = await startOwn(100)
      const controller = new AbortController()
      const running = load(`${server.url}/`, { ...options, duration: '30s', warmup: 0, signal: controller.signal })
      // So many that the first of them have been answered, and others have not.
      while (((await countsOf(server)).requests['GET /'] ?? 0) <= 15) await sleep(20)
      const abortedAt = performance.now()
      controller.abort(new Error('enough'))
      const run = await running
      expect(performance.now() - abortedAt).toBeLessThan(1000)
      expect(run.aborted).toBe('enough')
      expect(run.duration).toBeLessThan(3000)
      expectBalanced(run)
      expect(run.iterations.ok).toBeGreaterThan(0)
      expect(run.iterations.unfinished).toBeGreaterThan(0)
      await sleep(150)
      const { requests } = await countsOf(server)
      const { ok, unfinished } = run.iterations
      expect(requests['GET /']).toBeGreaterThanOrEqual(ok)
      expect(requests['GET /']).toBeLessThanOrEqual(ok + unfinished)
    },
  )

  it('before it began is none, and nothing is sent', async () => {
    const server = await startOwn()
    await expect(load(server.url, {}, { signal: AbortSignal.abort('no') })).rejects.toMatchObject({
      name: 'LoadTestError',
      code: 'aborted',
    })
    expect((await countsOf(server)).requests).toEqual({})
  })

  it('by a limit that it crossed says which', async () => {
    const server = await startOwn(50)
    const limits = { p95: 5 }
    const run = await load(`${server.url}/`, { vus: 5, duration: '20s', warmup: 0, limits, abortOnBreach: true })
    expect(run.aborted).toBe('its limit on p95 latency was crossed')
    expect(run.duration).toBeGreaterThanOrEqual(2000)
    expect(run.duration).toBeLessThan(10_000)
    expectBalanced(run)
  })
})

describe('around a run', () => {
  it('progress and the usage of servers and generator are told', async () => {
    const server = await startOwn()
    const told: Progress[] = []
    const host: LoadHost = { onProgress: (progress) => told.push(progress) }
    const run = await load(`${server.url}/`, { connections: 2, duration: 2300, warmup: 0 }, host)
    expect(told.length).toBeGreaterThanOrEqual(2)
    expect(told[0]).toMatchObject({ id: run.id, name: 'GET /', executor: 'connections', model: 'closed' })
    expect(told.at(-1)?.tick.iterations.ok).toBeGreaterThan(0)
    const [usage] = run.usage.servers
    expect(usage).toMatchObject({ name: 'counter', pid: server.pid })
    const { cpu, memory } = usage?.series ?? {}
    expect(cpu?.at.length).toBeGreaterThanOrEqual(2)
    expect(cpu?.at.at(-1)).toBeLessThanOrEqual(run.duration + 500)
    expect(memory?.at).toEqual(cpu?.at)
    expect(Math.min(...(cpu?.values ?? []))).toBeGreaterThan(0)
    expect(Math.min(...(memory?.values ?? []))).toBeGreaterThan(10e6)
    const { series, utilization, sharesLoop } = run.usage.generator
    expect(series.cpu?.values.length).toBeGreaterThanOrEqual(2)
    expect(utilization).toBeGreaterThan(0)
    expect(sharesLoop).toBe(false)
  })

  it('the death of a server is a warning with its exit code and the end of its log', async () => {
    const server = await startOwn()
    const running = load(`${server.url}/`, { rate: 100, duration: 1500, gracefulStop: 500 })
    while (((await countsOf(server)).requests['GET /'] ?? 0) <= 20) await sleep(20)
    await fetch(`${server.url}/end`).catch(() => {})
    const run = await running
    expectBalanced(run)
    expect(run.iterations.ok).toBeGreaterThan(0)
    expect(run.errors.map(({ kind }) => kind)).toContain('refused')
    expect(run.warnings).toContainEqual(
      expect.stringMatching(/^server 'counter' ended [\d,.]+ s into the run \(exit code 7\)\n[\s\S]*out of coffee/),
    )
    expect(run.events).toEqual([
      { at: expect.toSatisfy((at) => at > 0 && at < 2000), name: 'counter ended', detail: 'exit code 7' },
    ])
  })

  it('fake timers of the user change nothing', async () => {
    const server = await startOwn()
    vi.useFakeTimers({ now: 0 })
    try {
      const work = () => soon()
      const run = await load(work, { vus: 2, duration: 1200 })
      expect(run.usage.generator.utilization).toBeLessThanOrEqual(1)
      expect(run.usage.servers).toEqual([expect.objectContaining({ name: server.name })])
      expect(run.usage.servers[0]?.series.cpu?.values.length).toBeGreaterThan(0)
      expect(Date.parse(run.data.startedAt)).toBeGreaterThan(1.7e12)
    } finally {
      vi.useRealTimers()
    }
  })

  it('a server on the event loop of the generator makes the run invalid; one beside a thread does not', async () => {
    const server = createServer((request, response) => request.resume().on('end', () => response.end('ok')))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const shared = await load(http.post(url, { json: (i: number) => i }), { rate: 50, duration: 200 })
    const threaded = await load(url, { rate: 50, duration: 200 })
    server.closeAllConnections()
    server.close()
    expect(shared.usage.generator.sharesLoop).toBe(true)
    expect(shared.data.invalid).toEqual([expect.stringContaining('is served by the event loop that sends the load')])
    expect(threaded).toMatchObject({ valid: true, usage: { generator: { sharesLoop: false } } })
    for (const run of [shared, threaded]) expect(run.iterations).toMatchObject({ scheduled: 10, ok: 10 })
  })
})

describe('bad input', () => {
  let server: Server
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  it.each<[string, (url: string) => [Target, LoadOptions?], string]>([
    ['wrong options', (url) => [url, { rate: -5, durration: 1 } as LoadOptions], 'invalid-options'],
    ['a wrong request in a list', (url) => [[url, 'nonsense']], 'invalid-options'],
    ['a body that JSON does not know', (url) => [http.post(url, { json: 5n as never })], 'invalid-options'],
    ['a path without a base URL', () => ['/health'], 'invalid-options'],
    ['a host that is not allowed', (url) => [[url, 'http://192.0.2.1/'], { vus: 1 }], 'host-not-allowed'],
  ])('is refused, and nothing is sent: %s', async (_, call, code) => {
    await expect(load(...call(`${server.url}/`))).rejects.toMatchObject({ name: 'LoadTestError', code })
    const { requests, connections } = await countsOf(server)
    expect(requests).toEqual({})
    if (code === 'invalid-options') expect(connections).toBe(0)
  })
})
