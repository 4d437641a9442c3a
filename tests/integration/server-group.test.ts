// Several servers of one command, and what each of them had of a run: straight, behind relays, behind a balancer.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { LoadTestError } from '../../src/core/errors.ts'
import type { Iterations } from '../../src/core/iterations.ts'
import { load } from '../../src/engine/load.ts'
import { type GroupOptions, type ServeOptions, serve } from '../../src/engine/serve.ts'
import { freePort } from '../../src/processes/free-port.ts'
import { readProcess } from '../../src/processes/process-table.ts'
import { runningServers } from '../../src/processes/running-servers.ts'
import type { Server } from '../../src/processes/server.ts'
import type { Servers } from '../../src/processes/server-group.ts'
import { relayThreads } from '../../src/relay/relay-thread.ts'
import { neighbouringPorts } from '../support/neighbouring-ports.ts'
import { runProject } from '../support/projects/run-project.ts'

const cwd = fileURLToPath(new URL('../support/servers/', import.meta.url))
const counting = 'node counting-server.ts'
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  expect(runningServers()).toEqual([])
  expect(relayThreads()).toEqual([])
})

async function start(command: string, options: ServeOptions = {}): Promise<Server> {
  const server = await serve(command, { cwd, ...options })
  cleanups.push(() => server.stop())
  return server
}

async function startSeveral(options: GroupOptions, command = counting): Promise<Servers> {
  const servers = await serve(command, { cwd, ...options })
  cleanups.push(() => servers.stop())
  return servers
}

function balancer(servers: Servers): Promise<Server> {
  return start('node serve-balancer.ts', { name: 'balancer', env: { UPSTREAMS: servers.urls.join(',') } })
}

/** Straight from the process, past its relay. */
async function countsOf({ ownPort }: Server): Promise<Record<string, number>> {
  const { requests } = (await (await fetch(`http://127.0.0.1:${ownPort}/counts`)).json()) as never
  return requests
}

async function rejection(promise: Promise<unknown>): Promise<LoadTestError> {
  const error = await promise.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(LoadTestError)
  return error as LoadTestError
}

const allOk = (count: number): Iterations => ({
  ...{ scheduled: count, ok: count, failed: 0, timedOut: 0, unfinished: 0, dropped: 0 },
})

describe('several servers', () => {
  it('have names, ports and processes of their own, and end together', async () => {
    const servers = await startSeveral({ instances: 3, name: 'api' })
    expect(servers.map(({ name }) => name)).toEqual(['api-a', 'api-b', 'api-c'])
    expect(servers.urls).toEqual(servers.map(({ url }) => url))
    expect(new Set(servers.map(({ port }) => port)).size).toBe(3)
    expect(new Set(servers.map(({ pid }) => pid)).size).toBe(3)
    for (const url of servers.urls) expect(await (await fetch(url)).text()).toBe('ok')
    expect(runningServers()).toHaveLength(3)
    await servers.stop()
    expect(runningServers()).toEqual([])
    expect(servers.every(({ exit, unexpectedExit }) => exit && !unexpectedExit)).toBe(true)
  })

  it('go with their scope, also one alone', async () => {
    {
      await using servers = await serve(counting, { cwd, instances: 1 })
      expect(servers.map(({ name }) => name)).toEqual(['a'])
    }
    expect(runningServers()).toEqual([])
  })

  it('have consecutive ports from the one that is given', async () => {
    const port = await neighbouringPorts(2)
    const servers = await startSeveral({ instances: 2, port })
    expect(servers.map((server) => server.port)).toEqual([port, port + 1])
  })

  it('do not start when the port of one is taken, which is named, and the others are ended', async () => {
    const first = await neighbouringPorts(3)
    const port = first + 1
    const holder = createServer().listen(port, '127.0.0.1')
    await once(holder, 'listening')
    cleanups.push(async () => holder.close())
    const error = await rejection(startSeveral({ instances: 3, port: first }))
    expect(error.code).toBe('server-failed')
    expect(error.message).toMatch(`serve(): instance 'b' of "${counting}" did not start, so that the others were ended`)
    expect(error.message).toMatch(`port ${port} is taken by another process`)
    expect(runningServers()).toEqual([])
  })

  it.each([false, true])('do not start when one of them ends at its start (relay: %s)', async (relay) => {
    const command = `node -e "process.env.PORT % 2 ? process.exit(3) : require('./counting-server.ts')"`
    // Behind relays the processes' ports are free ones: of three neighbours one is odd.
    const port = await neighbouringPorts(3)
    const error = await rejection(startSeveral({ instances: 3, relay, port, ready: '/' }, command))
    expect(error.message).toMatch(/^serve\(\): instance '[abc]' of ".*" did not start.*: "[abc]".* exit code 3/)
    expect(runningServers()).toEqual([])
    expect(relayThreads()).toEqual([])
  })

  it('do not start when nobody wants them any more', async () => {
    const abort = new AbortController()
    const starting = rejection(startSeveral({ instances: 2, ready: /never/, signal: abort.signal }))
    await expect.poll(() => runningServers().length).toBe(2)
    abort.abort(new Error('enough'))
    expect((await starting).code).toBe('aborted')
    expect(runningServers()).toEqual([])
  })

  it.each([
    [{ instances: 0 }, /instances: expected a whole number of servers from 1 to 64, got 0/],
    [{ instances: 1.5 }, /instances: expected a whole number of servers from 1 to 64, got 1.5/],
    [{ instances: 'x' }, /instances: expected .* got 'x'/],
    [{ instances: 65 }, /instances: expected .* got 65/],
    [{ instances: 3, port: 65_534 }, /port: +3 instances from port 65534 on would go beyond 65535/],
    [{ relay: 'yes' }, /relay: expected true or false, got 'yes'/],
  ])('are not asked for with %j', async (options, message) => {
    const error = await rejection(startSeveral(options as never))
    expect(error.code).toBe('invalid-options')
    expect(error.message).toMatch(message)
  })
})

describe('a server behind a relay', () => {
  it('keeps its address over restarts, and resets while it is down', async () => {
    const server = await start(counting, { relay: true, ready: '/' })
    const { url, port, ownPort, pid } = server
    expect(ownPort).not.toBe(port)
    expect(await (await fetch(url)).text()).toBe('ok')
    await server.restart()
    expect(server).toMatchObject({ url, port, ownPort })
    expect(server.pid).not.toBe(pid)
    expect(await (await fetch(url)).text()).toBe('ok')
    await server.kill()
    expect((await fetch(url).catch((error) => error)).cause.code).toBe('ECONNRESET')
    await server.stop()
    expect((await fetch(url).catch((error) => error)).cause.code).toBe('ECONNREFUSED')
    await server.restart()
    expect(await (await fetch(url)).text()).toBe('ok')
  })

  it('has the port that is given, and shows it to a function that asks whether it is ready', async () => {
    const port = await freePort()
    const asked: string[] = []
    const server = await start(counting, {
      ...{ relay: true, port },
      ready: async ({ url }) => {
        asked.push(url)
        return (await fetch(url)).ok
      },
    })
    expect(server.port).toBe(port)
    expect(new Set(asked)).toEqual(new Set([`http://127.0.0.1:${port}`]))
  })
})

describe('what each of several servers had of a run', () => {
  it('is counted by relays exactly as by the servers themselves, behind a balancer', async () => {
    const servers = await startSeveral({ instances: 3, relay: true })
    const { url } = await balancer(servers)
    const first = await load(`${url}/x`, { vus: 8, iterations: 2000 })
    const second = await load(`${url}/missing`, { rate: 200, duration: 1000, warmup: 0 })
    expect(first.iterations).toEqual(allOk(2000))
    for (const server of servers) {
      const counts = await countsOf(server)
      const slice = first.server(server.name)
      expect(slice).toMatchObject({
        name: `GET /x > server ${server.name} (as its relay saw it)`,
        source: 'relay',
        iterations: allOk(counts['GET /x'] as number),
      })
      expect(slice.latency.count).toBe(counts['GET /x'])
      expect(slice.latency.max).toBeLessThanOrEqual(first.duration)
      expect(slice.servers.map(({ name }) => name)).toEqual([server.name])
      const { iterations, errors } = second.server(server.name)
      expect(iterations.failed).toBe(counts['GET /missing'])
      expect(errors).toEqual([{ kind: 'http-4xx', count: iterations.failed, example: 'GET /missing: status 404' }])
    }
    const total = (pick: (name: string) => number) => servers.reduce((sum, { name }) => sum + pick(name), 0)
    expect(total((name) => first.server(name).iterations.ok)).toBe(2000)
    expect(total((name) => second.server(name).iterations.failed)).toBe(200)
    expect(second.warnings.filter((text) => text.includes('relay'))).toEqual([])
    expect(() => first.server('d')).toThrow("run.server(): expected one of 'a', 'b', 'c', 'balancer', got 'd'")
  })

  it('has nothing of the warm-up, which goes through the relays as well', async () => {
    const servers = await startSeveral({ instances: 2, relay: true })
    const { url } = await balancer(servers)
    const run = await load(`${url}/x`, { rate: 200, duration: 500, warmup: 500 })
    for (const server of servers) {
      const { ok } = run.server(server.name).iterations
      expect(ok).toBeGreaterThan(0)
      expect(ok).toBeLessThan((await countsOf(server))['GET /x'] as number)
    }
  })

  it('when one is killed in the middle, its errors are its own', async () => {
    const servers = await startSeveral({ instances: 3, relay: true })
    const { url } = await balancer(servers)
    const kill = Promise.withResolvers<void>()
    const run = await load(
      `${url}/x`,
      { rate: 200, duration: 4000, warmup: 0 },
      { onProgress: ({ tick }) => tick.iterations.ok > 100 && servers[1]?.kill().then(kill.resolve) },
    )
    await kill.promise
    const failures = (await (await fetch(`${url}/failures`)).json()) as number[]
    for (const name of ['a', 'c']) expect(run.server(name)).toMatchObject({ errors: [], errorRate: 0 })
    for (const server of [servers[0], servers[2]] as Server[]) {
      const counts = await countsOf(server)
      const { iterations } = run.server(server.name)
      expect(iterations).toEqual(allOk(iterations.scheduled))
      expect(iterations.ok).toBe(counts['GET /x'])
    }
    expect(failures[0]).toBe(0)
    expect(failures[2]).toBe(0)
    const { iterations, errors } = run.server('b')
    expect(iterations.ok).toBeGreaterThan(20)
    expect(iterations.failed).toBeGreaterThan(20)
    // A request that crosses with a reset is lost before the relay can read it.
    expect(Math.abs((failures[1] as number) - iterations.failed)).toBeLessThanOrEqual(3)
    expect(Math.abs(run.iterations.failed - iterations.failed)).toBeLessThanOrEqual(3)
    expect(errors.map(({ kind }) => kind)).toContain('refused')
    expect(errors.every(({ kind }) => ['refused', 'reset', 'closed', 'truncated'].includes(kind))).toBe(true)
  })

  it('is known without relays where the load went straight to them', async () => {
    const servers = await startSeveral({ instances: 2, name: 'api' })
    const run = await load(
      servers.urls.flatMap((url) => [`${url}/x`, `${url}/y`]),
      { vus: 4, iterations: 401 },
    )
    expect(run.request('GET /x').iterations.ok + run.request('GET /y').iterations.ok).toBe(401)
    for (const server of servers) {
      const { 'GET /x': x = 0, 'GET /y': y = 0 } = await countsOf(server)
      const slice = run.server(server.name)
      expect(slice).toMatchObject({ source: 'requests', name: `${run.name} > server ${server.name}` })
      expect(slice.iterations).toEqual(allOk(x + y))
    }
  })

  it('is not known where neither is so, and the way out is said', async () => {
    const server = await start(counting, { name: 'api' })
    const run = await load(async () => (await fetch(server.url)).text(), { vus: 1, iterations: 5 })
    expect(() => run.server('api')).toThrow(/nobody knows which requests server 'api' had.*\{ relay: true \}/)
    expect(() => run.server('apii')).toThrow("expected one of 'api', got 'apii'")
  })

  it('holds what the search for leaks does to them where relays tell it, and that is said', async () => {
    const server = await start(counting, { name: 'api', relay: true })
    const leaks = { extension: 0, snapshots: false }
    const run = await load(server.url, { ...{ rate: 20, duration: 1000, warmup: 0, profile: 'off' }, leaks })
    expect(run.warnings).toContainEqual(expect.stringContaining('judge single servers in a load without it'))
  })

  it('is known of a function through relays, and what speaks no HTTP is told', async () => {
    const server = await start(counting, { name: 'api', relay: true })
    const run = await load(
      async () => {
        await (await fetch(`${server.url}/x`)).text()
        await fetch(server.url.replace('http:', 'https:')).catch(() => {})
      },
      { vus: 1, iterations: 5 },
    )
    expect(run.server('api').iterations).toEqual(allOk(5))
    expect(run.warnings).toEqual(
      expect.arrayContaining([expect.stringMatching(/5 connections to server 'api' spoke no HTTP\/1\.1/)]),
    )
  })
})

describe('several servers in tests', () => {
  it('end with their test or file, and are judged and shown one by one', async () => {
    const { output, test, report } = await runProject('cases', ['run', '--project', 'load', 'several-servers'])
    expect(test('has servers of its own').messages).toEqual([])
    expect(test('judges each of them').messages).toEqual([])
    const [message = ''] = test('misses the limit of one').messages
    expect(message).toMatch(/p95 latency of ".* > server file-b \(as its relay saw it\)" below /)
    const pids = [...output.matchAll(/of the (?:file|test): (\d+) (\d+)/g)].flatMap(([, a, b]) => [
      Number(a),
      Number(b),
    ])
    expect(pids).toHaveLength(4)
    expect(pids.map(readProcess)).toEqual([undefined, undefined, undefined, undefined])
    expect(output).toMatch(/servers +server +requests +errors +p50 +p95 +p99 ms\n +file-a +200 .*\n +file-b +200 /)
    const shares = report?.cases.flatMap(({ runs }) => runs).map(({ servers }) => servers.map(({ name }) => name))
    expect(shares).toEqual([
      ['file-a', 'file-b'],
      ['file-a', 'file-b'],
    ])
  })
})
