// A generator without file descriptors or ports: told before the run where it is sure, and never blamed on the server.
import { describe, it, vi } from 'vitest'
import { isBalanced } from '../../src/core/iterations.ts'
import type { Limit } from '../../src/core/limit.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { Run } from '../../src/core/run.ts'
import { judge } from '../../src/core/verdict.ts'
import { startHostile } from '../support/hostile-servers/index.ts'
import type { Order, Report } from '../support/hostile-servers/starved-load.ts'
import {
  loadInWant,
  type Want,
  withDescriptors,
  withPorts,
  withSilentNames,
} from '../support/hostile-servers/starved-process.ts'

// What costs is the start of the processes; the runs themselves mostly wait.
vi.setConfig({ maxConcurrency: 4 })

/** What holds of every run of a starved generator: the sum is right, and what it lacked is in one place. */
function runOf(expect: typeof import('vitest').expect, { run: data, error }: Report) {
  expect(error).toBeUndefined()
  const run = Run.from(data as NonNullable<typeof data>)
  expect(isBalanced(run.iterations)).toBe(true)
  expect(run).toMatchObject({ valid: true, aborted: undefined })
  const kinds: Record<string, number> = Object.fromEntries(run.errors.map(({ kind, count }) => [kind, count]))
  const example = run.errors.find(({ kind }) => kind === 'generator')?.example
  return { run, kinds, example, missing: kinds.generator ?? 0 }
}

const limits: readonly Limit[] = [
  { metric: 'errorRate', relation: 'at most', value: 0.01 },
  { metric: 'p95', relation: 'below', value: 60_000 },
  { metric: 'p95', relation: 'below', value: 1 },
  { metric: 'throughput', relation: 'at least', value: 1e6 },
]

function expectNoVerdict(expect: typeof import('vitest').expect, run: Run, reason: RegExp): void {
  for (const limit of limits) {
    expect(judge(run, limit), limit.metric).toMatchObject({
      status: 'inconclusive',
      reason: expect.stringMatching(reason),
    })
  }
  expect(run.warnings.filter((text) => reason.test(text))).toHaveLength(1)
}

const quick: LoadOptions = { warmup: 0, duration: 500, gracefulStop: 2000 }

describe.concurrent('256 file descriptors', () => {
  const few = withDescriptors(256)

  it('are too few for 250 connections: told before anything is sent', async ({ expect }) => {
    const server = await startHostile('healthy')
    const { error, run } = await loadInWant(few, { url: server.url, options: { ...quick, connections: 250 } })
    expect(run).toBeUndefined()
    expect(error?.code).toBe('invalid-options')
    expect(error?.message).toMatch(
      /^load\(\): 1 option is wrong\n {2}connections: needs \d+ file descriptors, 256 are allowed: run `ulimit -n 1000`/,
    )
    expect((await server.log()).requests).toBe(0)
    await server.stop()
  })

  it('may all be taken before the run: told, and nobody else is blamed', async ({ expect }) => {
    const server = await startHostile('healthy')
    const { error } = await loadInWant(few, { url: server.url, options: quick, takesDescriptors: 'before' })
    expect(error).toEqual({
      code: 'generator-starved',
      message: `load(): no connection to ${server.url} could be tried (EMFILE): this process has no file descriptor left: close what it keeps open, or allow more with \`ulimit -n\``,
    })
    await server.stop()
  })

  it('run out in an open run: warned of, counted as the generator, no verdict', async ({ expect }) => {
    const server = await startHostile('healthy', { delay: 1200 })
    const options = { ...quick, rate: 400, duration: 1000, gracefulStop: 5000 }
    const { run, missing, kinds, example } = runOf(expect, await loadInWant(few, { url: server.url, options }))
    const log = await server.log()
    expect(run.iterations).toMatchObject({ scheduled: 400, ok: log.answered, failed: missing })
    expect(kinds).toEqual({ generator: missing })
    expect(log.requests).toBe(400 - missing)
    expect(missing).toBeGreaterThan(50)
    expect(example).toMatch(/^GET \/: connect EMFILE 127\.0\.0\.1:/)
    expect(run.warnings).toContainEqual(
      expect.stringMatching(/^if all 4,000 VUs are busy at once they need 4,0\d\d file descriptors, 256 are allowed/),
    )
    expectNoVerdict(expect, run, /it ran out of file descriptors \d+ times.*ulimit -n/)
    await server.stop()
  })

  it.for([{ connections: 4 }, { vus: 4 }] satisfies LoadOptions[])(
    'are all taken in the middle of %o: exact, and told from what the server did',
    async (options, { expect }) => {
      const server = await startHostile('closes')
      const order = {
        url: server.url,
        options: { ...quick, duration: 1800, ...options },
        takesDescriptors: 'during',
      } as const
      const { run, missing, kinds } = runOf(expect, await loadInWant(few, order))
      const log = await server.log()
      expect(kinds).toEqual({ generator: missing, closed: log.closed })
      expect(run.iterations).toMatchObject({ ok: 0, scheduled: log.requests + missing })
      expect(missing).toBeGreaterThan(0)
      await server.stop()
    },
  )
})

/** However a machine can be made to have no port left: always the second, where it can be had the first as well. */
interface Way {
  readonly name: string
  readonly want: Want
  readonly order: Pick<Order, 'foreignFrom'>
  /** The closed loads that are tried. */
  readonly closed: readonly LoadOptions[]
}

// So many requests and not a time, which on a busy machine may be over before 32 ports are used up.
const connections = { connections: 4, amount: 48 }
const vus = { vus: 4, iterations: 48 }
const network = withPorts(32)
const ways: readonly Way[] = [
  ...(network ? [{ name: 'a network with 32 of them', want: network, order: {}, closed: [connections, vus] }] : []),
  {
    name: 'an address that has none',
    want: (command) => command,
    order: { foreignFrom: 12 },
    closed: [connections],
  },
]

describe.concurrent.each(ways)('local ports, in $name,', ({ want, order, closed }) => {
  it('run out in an open run: counted as the generator, no verdict', async ({ expect }) => {
    const server = { name: 'healthy', options: { delay: 400 } } as const
    const options = { ...quick, rate: 200, maxVUs: 100 }
    const report = await loadInWant(want, { ...order, server, options })
    const { run, missing, kinds, example } = runOf(expect, report)
    expect(run.iterations).toMatchObject({ scheduled: 100, ok: report.log?.answered, failed: missing })
    expect(kinds).toEqual({ generator: missing })
    expect(report.log?.requests).toBe(100 - missing)
    expect(missing).toBeGreaterThan(10)
    expect(example).toMatch(/^GET \/: (connect|bind) EADDRNOTAVAIL/)
    expectNoVerdict(expect, run, /it ran out of local ports \d+ times.*ip_local_port_range/)
  })

  it.for(closed)(
    'are used up by %o that fail: exact, and told from what the server did',
    async (options, { expect }) => {
      const report = await loadInWant(want, {
        ...order,
        server: { name: 'garbage' },
        options: { warmup: 0, ...options },
      })
      const { run, missing, kinds } = runOf(expect, report)
      expect(kinds).toEqual({ generator: missing, protocol: report.log?.garbage })
      expect(run.iterations).toMatchObject({ ok: 0, scheduled: (report.log?.requests ?? 0) + missing })
      expect(missing).toBeGreaterThan(0)
    },
  )
})

const silence = withSilentNames()

describe.concurrent('a network of its own', () => {
  it.runIf(network)('with 32 ports is too small for 33 users: told before anything is sent', async ({ expect }) => {
    const order: Order = { server: { name: 'healthy' }, options: { ...quick, vus: 33 } }
    const { error, log } = await loadInWant(network as Want, order)
    expect(error?.message).toMatch(/vus: needs 33 local ports to one address, 32 are there: run `sysctl -w net/)
    expect(log?.requests).toBe(0)
  })

  it.runIf(silence)('with a silent name server: it is not waited for', async ({ expect }) => {
    const { error, took } = await loadInWant(silence as Want, { url: 'http://slow-name.test', options: quick })
    expect(error).toMatchObject({
      code: 'nothing-listens',
      message: expect.stringMatching(/the name 'slow-name\.test' of .* does not resolve \(ETIMEDOUT\)/),
    })
    // It would have taken 4 s.
    expect(took).toBeLessThan(3500)
  })
})
