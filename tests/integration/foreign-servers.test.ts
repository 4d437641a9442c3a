// Servers that serve() did not start: found by the port that the load goes to, or named by their pids.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { metrics } from '../../src/core/metric.ts'
import type { Progress } from '../../src/core/progress.ts'
import type { Run } from '../../src/core/run.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { freePort } from '../../src/processes/free-port.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const brief = { vus: 2, duration: 1600, warmup: 0 } as const

interface Elsewhere extends AsyncDisposable {
  readonly child: ChildProcess
  readonly pid: number
  readonly port: number
  readonly url: string
}

/** As a person would start it in another terminal. */
async function startElsewhere(...flags: string[]): Promise<Elsewhere> {
  const port = await freePort()
  const child = spawn(process.execPath, [...flags, 'serve-plain.ts'], {
    cwd: directory,
    env: { ...process.env, PORT: String(port), HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit').then(() => {
    throw new Error('the server ended before it was ready')
  })
  await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, 'data'), exited])
  exited.catch(() => {})
  return {
    ...{ child, pid: child.pid as number, port, url: `http://127.0.0.1:${port}/health` },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit')
    },
  }
}

function watched(run: Run) {
  return run.toJSON().usage.servers.map(({ name, pid }) => ({ name, pid }))
}

describe.concurrent('the usage of servers', () => {
  it('watches whoever listens where the load goes, and leaves it alone', async () => {
    await using elsewhere = await startElsewhere()
    const { child, pid, port, url } = elsewhere
    const signals: string[] = []
    child.once('exit', (code, signal) => signals.push(`${code} ${signal}`))
    const run = await load(url, brief)
    expect(watched(run)).toEqual([{ name: `127.0.0.1:${port}`, pid }])
    const [server] = run.servers
    for (const name of ['cpu', 'memory', 'threads', 'openFiles', 'diskRead', 'diskWrite'] as const) {
      expect(server?.series[name]?.count, name).toBeGreaterThanOrEqual(1)
    }
    expect(server?.series.openFiles?.max).toBeGreaterThan(3)
    expect(metrics.cpu.read(run)).toMatchObject({ doubt: '', bounds: { lower: expect.any(Number) } })
    expect(metrics.cpu.read(run).bounds.lower).toBeGreaterThan(0)
    expect(metrics.memory.read(run).bounds.lower).toBeGreaterThan(1e7)
    expect((await fetch(url)).status).toBe(200)
    expect(signals).toEqual([])
  })

  it('does not take this process for a server', async () => {
    await using local = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
    await once(local, 'listening')
    const run = await load(`http://127.0.0.1:${(local.address() as AddressInfo).port}/`, brief)
    expect(watched(run)).toEqual([])
    expect(metrics.cpu.read(run).doubt).toContain('no server is watched')
  })

  it('does not take what passes connections on for the server behind it', async () => {
    await using proxy = await startElsewhere('--import', "data:text/javascript,process.title='docker-proxy'")
    expect(watched(await load(proxy.url, brief))).toEqual([])
  })

  it('watches those that are named instead, or none', async () => {
    await using target = await startElsewhere()
    await using database = await startElsewhere()
    const named = await load(target.url, { ...brief, monitor: database.pid })
    expect(watched(named)).toEqual([{ name: `pid ${database.pid}`, pid: database.pid }])
    const both = await load(target.url, { ...brief, monitor: [target.pid, database.pid, target.pid] })
    expect(watched(both).map(({ pid }) => pid)).toEqual([target.pid, database.pid])
    const none = await load(target.url, { ...brief, monitor: [] })
    expect(watched(none)).toEqual([])
  })

  it('watches what a function calls when that is named', async () => {
    await using elsewhere = await startElsewhere()
    const { pid, url } = elsewhere
    const call = async () => void (await (await fetch(url)).text())
    const run = await load(call, { vus: 1, duration: 1600, monitor: pid })
    expect(watched(run)).toEqual([{ name: `pid ${pid}`, pid }])
    expect(metrics.memory.read(run).bounds.lower).toBeGreaterThan(1e7)
  })

  it('refuses what does not run, before anything is sent', async () => {
    await using elsewhere = await startElsewhere()
    const { child, pid, url } = elsewhere
    child.kill('SIGKILL')
    await once(child, 'exit')
    const failure = load(url, { ...brief, monitor: pid })
    await expect(failure).rejects.toMatchObject({ code: 'invalid-options' })
    await expect(failure).rejects.toThrow(`monitor: expected the pid of a process that runs, got ${pid}`)
  })

  it('says that a server ended in the middle, of which nothing is known from then on', async () => {
    await using elsewhere = await startElsewhere()
    const { child, port, url } = elsewhere
    // When it is under way: it may have to wait for its turn.
    const onProgress = ({ tick }: Progress) => {
      if (tick.elapsed > 1000) child.kill('SIGKILL')
    }
    const run = await load(url, { rate: 20, duration: 3000, warmup: 0 }, { onProgress })
    const name = `127.0.0.1:${port}`
    expect(run.toJSON().warnings.join('\n')).toContain(`server '${name}' ended during the run`)
    expect(run.servers[0]).toMatchObject({ name, unseen: expect.arrayContaining([expect.stringContaining('its end')]) })
  })
})

// Every load watches what serve() has started: alone.
it('watches a server that serve() started once, by its own name', async () => {
  await using server = await serve('node serve-plain.ts', { cwd: directory, name: 'ours' })
  for (const monitor of [{}, { monitor: server.pid }]) {
    const run = await load(`${server.url}/health`, { ...brief, ...monitor })
    expect(watched(run)).toEqual([{ name: 'ours', pid: server.pid }])
  }
})
