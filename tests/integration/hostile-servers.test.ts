// Every executor against servers that misbehave in a known way: our ledger must be the server's own, to the request.
import { performance } from 'node:perf_hooks'
import { describe, it, vi } from 'vitest'
import type { ErrorKind } from '../../src/core/error-kind.ts'
import type { Limit } from '../../src/core/limit.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { judge } from '../../src/core/verdict.ts'
import { type HostileName, type HostileOptions, type ServerLog, startServer } from '../support/hostile-servers/index.ts'
import {
  arrivals,
  clients,
  type HowMuch,
  type Meeting,
  meetHostile,
  meetNobody,
} from '../support/hostile-servers/meet-hostile.ts'

// Nearly all of them wait nearly all the time.
vi.setConfig({ maxConcurrency: 6 })

const everyWay: readonly HowMuch[] = ['rate', 'vus', 'connections']
const p95: Limit = { metric: 'p95', relation: 'below', value: 60_000 }
const errorRate: Limit = { metric: 'errorRate', relation: 'at most', value: 0.01 }

/** What holds of every run, whatever it met: the sum is right, nothing passes on missing data, it ends in time. */
function checkAlways(
  expect: typeof import('vitest').expect,
  { run, plan, took, balanced }: Omit<Meeting, 'log'>,
): void {
  const { ok, failed, timedOut, unfinished } = run.iterations
  expect(balanced).toBe(true)
  expect(run.data.invalid).toEqual([])
  expect(run.latency.count).toBe(ok + timedOut + unfinished)
  if (ok === 0) expect(judge(run, p95).status).not.toBe('pass')
  if (failed + timedOut + unfinished > 0.01 * (ok + failed + timedOut + unfinished)) {
    expect(judge(run, errorRate).status).not.toBe('pass')
  }
  expect(took).toBeLessThan(plan.deadline)
}

/** The first connection, and one every 10 ms at most. */
function mostConnections({ took }: Pick<Meeting, 'took'>): number {
  return clients * (1 + took / 10)
}

interface Row {
  readonly name: HostileName
  /** What its bad answers are counted as, and where it counts them itself. */
  readonly kind: ErrorKind
  readonly bad: keyof ServerLog
  /** What its first error says, of our client and of autocannon. */
  readonly says: readonly [own: RegExp, autocannon: RegExp]
  readonly server?: HostileOptions
}

const closed = [/: other side closed$/, /: the connection was closed without an answer$/] as const
const reset = [/: (read ECONNRESET|write EPIPE)$/, /: (read ECONNRESET|write EPIPE)$/] as const
const truncated = [/: other side closed$/, /: the connection was closed in the answer$/] as const
const garbage = [/HTTP/, /: the answer is not HTTP: "\\x00\\x01this is no answer\\x0d\\x0a\\x0d\\x0a"$/] as const
const unavailable = [/ answered 503 Service Unavailable$/, / answered 503 Service Unavailable$/] as const
const rows: readonly Row[] = [
  { name: 'closes', kind: 'closed', bad: 'closed', says: closed },
  { name: 'resets', kind: 'reset', bad: 'reset', says: reset },
  { name: 'resets-in-body', kind: 'reset', bad: 'reset', says: reset },
  { name: 'resets-at-end', kind: 'reset', bad: 'reset', says: reset },
  { name: 'truncates', kind: 'truncated', bad: 'truncated', says: truncated },
  { name: 'garbage', kind: 'protocol', bad: 'garbage', says: garbage },
  { name: 'loses-third', kind: 'closed', bad: 'closed', says: closed, server: { delay: 20 } },
  { name: 'errors', kind: 'http-5xx', bad: 'errors', says: unavailable, server: { delay: 20 } },
  { name: 'closes', kind: 'closed', bad: 'closed', says: closed, server: { tls: true } },
  { name: 'truncates', kind: 'truncated', bad: 'truncated', says: truncated, server: { tls: true } },
]

describe.concurrent.each(everyWay)('%s, against a server that', (howMuch) => {
  it.for(rows)('$name ($server): each request in one place, failed as $kind', async (row, { expect }) => {
    const { name, kind, bad, says, server } = row
    const options = { insecure: server?.tls ?? false }
    const meeting = await meetHostile({ name, howMuch, options, ...(server ? { server } : {}) })
    const { iterations, kinds, latency, log, errors } = meeting
    checkAlways(expect, meeting)
    expect(iterations).toMatchObject({ timedOut: 0, unfinished: 0, dropped: 0 })
    expect(log.requests).toBe(iterations.scheduled)
    if (howMuch === 'rate') expect(iterations.scheduled).toBe(arrivals)
    expect(iterations.failed).toBe(log[bad])
    expect(iterations.ok).toBe(log.answered - log.errors)
    expect(kinds).toEqual({ [kind]: iterations.failed })
    expect(errors[0]?.example).toMatch(/^GET \/orders\?token=\[redacted\]/)
    expect(errors[0]?.example).toMatch(says[howMuch === 'connections' ? 1 : 0])
    expect(iterations.failed).toBeGreaterThan(0)
    if (howMuch !== 'rate') expect(log.connections).toBeLessThanOrEqual(mostConnections(meeting))
    // The good answers took what they took, not what the bad ones did.
    if (iterations.ok > 0) expect(latency.min).toBeGreaterThan(18)
  })

  it.for<HostileName>(['hangs', 'slow-loris-head', 'slow-loris-body'])(
    '%s: timed out, with the time-out as the least it took',
    async (name, { expect }) => {
      const meeting = await meetHostile({ name, howMuch, options: { timeout: 200 } })
      const { iterations, kinds, latency, log, errors } = meeting
      checkAlways(expect, meeting)
      const { scheduled, timedOut, dropped } = iterations
      expect(iterations).toMatchObject({ ok: 0, failed: 0, unfinished: 0 })
      expect(log.held).toBe(log.requests)
      // A server that gets to read late finds what was given up before.
      const unseen = scheduled - dropped - log.requests
      expect(unseen).toBeGreaterThanOrEqual(0)
      expect(unseen).toBeLessThanOrEqual(clients)
      expect(log.connections).toBe(scheduled - dropped)
      expect(timedOut).toBeGreaterThanOrEqual(clients)
      expect(kinds).toEqual({ timeout: timedOut })
      expect(errors[0]?.example).toMatch(/200 ms$/)
      expect(latency.censored).toBe(timedOut)
      expect(latency.min).toBeGreaterThanOrEqual(200)
      expect(judge(meeting.run, { ...p95, value: 150 }).status).not.toBe('pass')
    },
  )

  it('hangs beyond the graceful stop: unfinished, with their age', async ({ expect }) => {
    const options = { duration: 200, gracefulStop: 100 }
    const meeting = await meetHostile({ name: 'hangs', howMuch, options })
    const { iterations, latency, log, took } = meeting
    checkAlways(expect, meeting)
    expect(iterations).toMatchObject({ ok: 0, failed: 0, timedOut: 0, unfinished: log.held })
    expect(latency.max).toBeGreaterThan(290)
    expect(took).toBeLessThan(1300)
  })

  it.for([{}, { tls: true }])('is healthy (%o): all ok, on connections that are kept', async (server, { expect }) => {
    const options = { insecure: server.tls ?? false }
    const meeting = await meetHostile({ name: 'healthy', howMuch, options, server: { delay: 20, ...server } })
    const { iterations, latency, log } = meeting
    checkAlways(expect, meeting)
    expect(iterations).toMatchObject({ ok: iterations.scheduled, scheduled: log.requests })
    expect(log.answered).toBe(log.requests)
    if (howMuch !== 'rate') expect(log.connections).toBe(clients)
    expect(latency.min).toBeGreaterThan(18)
    expect(judge(meeting.run, errorRate).status).toBe('pass')
  })

  it('closes after each answer, as it says: no error, and the run is valid', async ({ expect }) => {
    const meeting = await meetHostile({ name: 'connection-close', howMuch, server: { delay: 5 } })
    const { iterations, log } = meeting
    checkAlways(expect, meeting)
    expect(iterations).toMatchObject({ ok: iterations.scheduled, scheduled: log.requests })
    expect(log.connections - log.requests).toBeLessThanOrEqual(howMuch === 'connections' ? clients : 0)
  })

  it('redirects for ever: ok, and not followed', async ({ expect }) => {
    const server = { delay: 10, keep: true }
    const meeting = await meetHostile({ name: 'redirect-loop', howMuch, server, options: { duration: 300 } })
    const { iterations, log } = meeting
    checkAlways(expect, meeting)
    expect(iterations).toMatchObject({ ok: iterations.scheduled, scheduled: log.requests })
    expect(new Set(log.seen.map(({ path }) => path))).toEqual(new Set(['/orders?token=abc']))
  })

  it('redirects although a 200 was expected: failed as unexpected', async ({ expect }) => {
    const server = { delay: 10 }
    const options = { duration: 200 }
    const meeting = await meetHostile({ name: 'redirect-loop', howMuch, server, options, request: { expect: 200 } })
    checkAlways(expect, meeting)
    expect(meeting.kinds).toEqual({ unexpected: meeting.log.requests })
  })

  it.for<HostileName>(['closes-at-once', 'resets-at-once'])(
    '%s: one connection for each request, which fails',
    async (name, { expect }) => {
      const meeting = await meetHostile({ name, howMuch })
      checkAlways(expect, meeting)
      const { scheduled } = meeting.iterations
      const { closed = 0, reset = 0, ...others } = meeting.kinds
      expect(others).toEqual({})
      expect(meeting.iterations).toMatchObject({ failed: scheduled, timedOut: 0, unfinished: 0 })
      expect(closed + reset).toBe(scheduled)
      if (name === 'resets-at-once') expect(closed).toBe(0)
      // At the end of the time a connection may be made on which nothing is sent any more.
      expect(meeting.log.connections - scheduled).toBeLessThanOrEqual(howMuch === 'connections' ? clients : 0)
      expect(meeting.log.connections).toBeGreaterThanOrEqual(scheduled)
      if (howMuch !== 'rate') expect(scheduled).toBeLessThanOrEqual(mostConnections(meeting))
    },
  )

  it('answers twice: the second answer is never that to another request', async ({ expect }) => {
    const meeting = await meetHostile({ name: 'answers-twice', howMuch, options: { duration: 300 } })
    checkAlways(expect, meeting)
    const { iterations, kinds, log } = meeting
    const { protocol = 0, ...others } = kinds
    expect(others).toEqual({})
    expect(log.answered).toBe(log.requests)
    expect(iterations).toMatchObject({ scheduled: log.requests, ok: log.answered - protocol, failed: protocol })
  })

  it('stops listening in the middle: closed or refused from then on', async ({ expect }) => {
    const options: LoadOptions = { duration: 700 }
    const meeting = await meetHostile({ name: 'refuses-later', howMuch, options, server: { delay: 10 } })
    const { iterations, kinds, log } = meeting
    checkAlways(expect, meeting)
    const { refused = 0, closed = 0, reset = 0, ...others } = kinds
    expect(others).toEqual({})
    expect(refused).toBeGreaterThan(0)
    expect(iterations).toMatchObject({ ok: log.answered, failed: refused + closed + reset, timedOut: 0, unfinished: 0 })
    expect(log.answered).toBeGreaterThan(clients)
    // What was connected when it stopped listening, but not yet accepted, is reset unseen.
    const unseen = iterations.scheduled - refused - log.requests
    expect(unseen).toBeGreaterThanOrEqual(0)
    expect(unseen).toBeLessThanOrEqual(reset)
    if (howMuch !== 'rate') expect(refused).toBeLessThanOrEqual(clients * 8)
  })

  it('dies at half time and comes back: every loss is in one place, and it is used again', async ({ expect }) => {
    const options: LoadOptions = { duration: 1600 }
    const server = { delay: 10, keep: true, downAfter: 300, downFor: 600 }
    const meeting = await meetHostile({ name: 'dies-and-returns', howMuch, options, server })
    const { iterations, kinds, log } = meeting
    checkAlways(expect, meeting)
    const { refused = 0, closed = 0, reset = 0, ...others } = kinds
    expect(others).toEqual({})
    expect(refused).toBeGreaterThan(0)
    expect(iterations).toMatchObject({ ok: log.answered, failed: refused + closed + reset, timedOut: 0, unfinished: 0 })
    // A reset server has not read all that was sent to it.
    const unseen = iterations.scheduled - refused - log.requests
    expect(unseen).toBeGreaterThanOrEqual(0)
    expect(closed + reset).toBe(unseen + log.held)
    const users = howMuch === 'rate' ? new Set(log.seen.map(({ connection }) => connection)).size : clients
    expect(closed + reset).toBeLessThanOrEqual(users)
    if (howMuch !== 'rate') expect(log.connections).toBe(2 * clients)
  })

  it.for<HostileName>(['idle-closes', 'idle-resets'])(
    '%s, about when the next request comes: nothing is sent twice',
    async (name, { expect }) => {
      const request = { headers: (iteration: number) => ({ 'x-iteration': `${iteration}` }) }
      const server = { keep: true, idle: 10 }
      // One user of the open run, so that its connection is idle for just so long.
      const options = howMuch === 'rate' ? { duration: 800, maxVUs: 1 } : { duration: 300 }
      const meeting = await meetHostile({ name, howMuch, request, server, options })
      const { iterations, kinds, log } = meeting
      checkAlways(expect, meeting)
      const { closed = 0, reset = 0, ...others } = kinds
      expect(others).toEqual({})
      expect(iterations).toMatchObject({ ok: log.answered, failed: closed + reset, timedOut: 0, unfinished: 0 })
      expect(log.requests).toBe(log.answered + log.closed)
      expect(log.requests).toBeLessThanOrEqual(iterations.ok + iterations.failed)
      expect(new Set(log.seen.map(({ headers }) => headers['x-iteration'])).size).toBe(log.requests)
    },
  )
})

describe.concurrent('rate, against a server that', () => {
  it.for<HostileName>(['idle-closes', 'idle-resets'])(
    '%s, long before the next request comes: it goes over a new connection',
    async (name, { expect }) => {
      const options = { rate: 3, duration: 1500 }
      const meeting = await meetHostile({ name, howMuch: 'rate', options, server: { idle: 3 } })
      checkAlways(expect, meeting)
      expect(meeting.iterations).toMatchObject({ scheduled: 5, ok: 5 })
      expect(meeting.log).toMatchObject({ requests: 5, connections: 5 })
    },
  )
})

describe.concurrent('where nobody listens', () => {
  it.for(everyWay)('%s: refused, once per attempt', async (howMuch, { expect }) => {
    const gone = await startServer(() => {})
    await gone.stop()
    const began = performance.now()
    const meeting = await meetNobody(gone.url, howMuch, { duration: 1000 })
    const seconds = (performance.now() - began) / 1000
    checkAlways(expect, meeting)
    const { iterations, kinds, errors } = meeting
    expect(kinds).toEqual({ refused: iterations.scheduled })
    expect(errors[0]?.example).toMatch(/^GET \/: connect ECONNREFUSED 127\.0\.0\.1:/)
    if (howMuch === 'rate') expect(iterations.scheduled).toBe(100)
    else {
      // At 0, 10, 30, 70, 150, 310 and 630 ms, at the latest a little after.
      expect(iterations.scheduled).toBeGreaterThanOrEqual(clients * 3)
      expect(iterations.scheduled).toBeLessThanOrEqual(clients * 7 * Math.ceil(seconds))
    }
  })
})
