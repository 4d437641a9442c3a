// serve() with real processes: when it is ready, what it says when it is not, and that nothing outlives its owner.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { LoadTestError } from '../../src/core/errors.ts'
import { type ServeOptions, serve } from '../../src/engine/serve.ts'
import { readProcess } from '../../src/processes/process-table.ts'
import { runningServers } from '../../src/processes/running-servers.ts'
import type { Server } from '../../src/processes/server.ts'
import { endTree } from '../../src/processes/tree-end.ts'
import { runProject } from '../support/projects/run-project.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const cleanups: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
  expect(runningServers()).toEqual([])
})

async function start(command: string | readonly string[], options: ServeOptions = {}): Promise<Server> {
  const server = await serve(command, { cwd: directory, ...options })
  cleanups.push(() => server.kill())
  return server
}

function ask(
  server: Server,
): Promise<{ pid: number; env: Record<string, string>; argv: string[]; execArgv: string[] }> {
  return fetch(server.url).then((response) => response.json() as never)
}

async function rejection(promise: Promise<unknown>): Promise<LoadTestError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(LoadTestError)
  return error as LoadTestError
}

/** The letter of proc_pid_stat(5), undefined without such a process; a zombie counts as gone. */
function state(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const letter = stat[stat.lastIndexOf(')') + 2]
    return letter === 'Z' ? undefined : letter
  } catch {
    return undefined
  }
}

function destroy(pid: number): void {
  if (state(pid) !== undefined) process.kill(pid, 'SIGKILL')
}

async function timeUntil(reached: () => boolean, limit: number): Promise<number> {
  const started = performance.now()
  while (!reached() && performance.now() - started < limit) await sleep(10)
  return performance.now() - started
}

describe('a server that starts', () => {
  it('is ready when it accepts connections, in production and with a clean command line', async () => {
    const server = await start('node serve-plain.ts --on={port}', { env: { COLOR: 'blue' } })
    const { pid, env, argv, execArgv } = await ask(server)
    expect(pid).toBe(server.pid)
    expect(argv[2]).toBe(`--on=${server.port}`)
    expect(execArgv).toEqual([])
    expect(env).toMatchObject({ PORT: String(server.port), NODE_ENV: 'production', COLOR: 'blue' })
    expect(Object.keys(env).filter((key) => key.startsWith('VITEST'))).toEqual(['VITEST_LOAD_AGENT'])
    expect(runningServers()).toEqual([server])
    expect(server).toMatchObject({ name: 'node serve-plain.ts --on={port}', url: `http://127.0.0.1:${server.port}` })
    expect(server.exit).toBeUndefined()
  })

  it('is ready when its path answers 2xx, not before', async () => {
    const started = performance.now()
    const server = await start('node serve-plain.ts', { ready: '/health', env: { WARM_UP: '400' } })
    expect(performance.now() - started).toBeGreaterThan(400)
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
  })

  it('is ready when its log matches, even with a pattern that remembers', async () => {
    const ready = /listening on \d+/g
    ready.lastIndex = 1000
    const server = await start('node serve-plain.ts', { ready })
    expect(server.log).toBe(`listening on ${server.port}\n`)
    expect(ready.lastIndex).toBe(1000)
  })

  it('is ready when a function says so, whatever it threw before', async () => {
    let calls = 0
    const server = await start('node serve-plain.ts', {
      ready: async ({ url }) => {
        calls++
        return (await fetch(url)).ok
      },
    })
    expect(calls).toBeGreaterThan(1)
    expect((await ask(server)).pid).toBe(server.pid)
  })

  it('goes with its scope', async () => {
    let pid = 0
    {
      await using server = await serve('node serve-plain.ts', { cwd: directory })
      pid = server.pid
      expect(state(pid)).toBeDefined()
    }
    expect(state(pid)).toBeUndefined()
  })
})

describe('the name of a server', () => {
  it('is its command without secrets', async () => {
    const asText = await start('node serve-plain.ts --token=ab --password "c d" --level 3')
    expect(asText.name).toBe('node serve-plain.ts --token=[redacted] --password "[redacted]" --level 3')
    const asWords = await start(['node', 'serve-plain.ts', '--secret', 'a b', 'API_KEY=c', 'x'])
    expect(asWords.name).toBe('node serve-plain.ts --secret "[redacted]" API_KEY=[redacted] x')
    expect((await ask(asWords)).argv.slice(2)).toEqual(['--secret', 'a b', 'API_KEY=c', 'x'])
  })
})

describe('a server that does not start', () => {
  it('that ends at once fails at once, with exit code and log', async () => {
    const started = performance.now()
    const error = await rejection(start('node serve-mortal.ts 3'))
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(error.code).toBe('server-failed')
    expect(error.message).toMatch(/"node serve-mortal.ts 3" ended before it was ready: exit code 3\n/)
    expect(error.message).toMatch(/the end of its log:\n(.*\n)*.*cannot reach the database/)
  })

  it('that opened another port is told so', async () => {
    const error = await rejection(start('node serve-elsewhere.ts', { ready: '/health', readyTimeout: 1500 }))
    const opened = /port (\d+)$/m.exec(error.message)?.[1]
    expect(error.message).toMatch(/was not ready within 1,500 ms: \/health could not be read/)
    expect(error.message).toMatch(
      new RegExp(`it listens on ${opened}, not on the port in PORT \\(\\d+\\): read process.env.PORT`),
    )
  })

  it('that listens elsewhere than on 127.0.0.1 is told so', async () => {
    const error = await rejection(start('node serve-plain.ts', { env: { HOST: '127.0.0.2' }, readyTimeout: 1500 }))
    expect(error.message).toMatch(/it listens on port \d+, but not on 127\.0\.0\.1/)
  })

  it('that answers the wrong status is late, and gone', async () => {
    const error = await rejection(
      start('node serve-plain.ts', { ready: '/health', env: { WARM_UP: '60000' }, readyTimeout: '1s' }),
    )
    expect(error.message).toMatch(/was not ready within 1,000 ms: \/health answered 503, not 2xx/)
  })

  it('that is no program is named', async () => {
    const error = await rejection(start('no-such-program --port {port}'))
    expect(error).toMatchObject({
      code: 'server-failed',
      message: expect.stringMatching(/'no-such-program'.*no such program/),
    })
    expect(inspect(await rejection(start('no-such-program --token SECRET')))).not.toContain('SECRET')
  })

  it('because its port is taken says so', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    cleanups.push(async () => holder.close())
    const { port } = holder.address() as { port: number }
    const error = await rejection(start('node serve-plain.ts', { port }))
    expect(error.message).toMatch(`port ${port} is taken by another process`)
  })

  it('because it is no longer wanted is ended', async () => {
    const abort = new AbortController()
    const promise = rejection(start('node serve-plain.ts', { ready: /never/, signal: abort.signal }))
    await timeUntil(() => runningServers().length === 1, 5000)
    const pid = runningServers()[0]?.pid as number
    expect(state(pid)).toBeDefined()
    abort.abort(new Error('enough'))
    const error = await promise
    expect(error).toMatchObject({ code: 'aborted', cause: expect.objectContaining({ message: 'enough' }) })
    expect(state(pid)).toBeUndefined()
    expect(await rejection(start('node serve-plain.ts', { signal: abort.signal }))).toMatchObject({ code: 'aborted' })
  })

  it('because of its options is told all mistakes at once', async () => {
    const options = {
      redy: '/health',
      duration: '5s',
      timeout: '60s',
      instances: 0,
      ready: 'health',
      env: { WORKERS: 2 },
      cwd: '/no/such/directory',
      port: 70_000,
      readyTimeout: 'soon',
      name: '',
      signal: 'abort',
    }
    const error = await rejection(serve('node "server.js', options as never))
    expect(error.code).toBe('invalid-options')
    expect(error.message).toMatch(/^serve\(\): 12 options are wrong\n/)
    for (const line of [
      /command: +expected every quote to be closed/,
      /redy: +unknown option; did you mean ready\?/,
      /duration: +belongs to load\(\)/,
      /timeout: +unknown option; did you mean readyTimeout\?/,
      /instances: +expected a whole number of servers from 1 to 64, got 0/,
      /ready: +expected a path such as '\/health', a regular expression or a function, got 'health'/,
      /env\.WORKERS: +expected text, got 2/,
      /cwd: +expected an existing directory, got '\/no\/such\/directory'/,
      /port: +expected a whole number from 1 to 65535.*got 70000/,
      /readyTimeout: +expected a time above 0.*got 'soon'/,
      /name: +expected a name/,
      /signal: +expected an AbortSignal, got 'abort'/,
    ]) {
      expect(error.message).toMatch(line)
    }
    for (const command of ['', [], [1], 7])
      expect((await rejection(serve(command as never))).code).toBe('invalid-options')
    expect((await rejection(serve('A=1 node x && y', null as never))).message).toMatch(/no shell to understand 'A=1'/)
  })
})

describe('a server that runs', () => {
  it('stops with its whole tree, also with what ignores SIGTERM or has left its group', async () => {
    const server = await start('node serve-family.ts')
    const pids = (await ask(server)) as unknown as number[]
    cleanups.push(async () => pids.forEach(destroy))
    expect(pids.map((pid) => state(pid) !== undefined)).toEqual([true, true, true])
    await Promise.all([server.stop({ grace: 200 }), server.stop()])
    expect(pids.map(state)).toEqual([undefined, undefined, undefined])
    expect(server.exit).toMatchObject({ signal: 'SIGTERM' })
    expect(server.unexpectedExit).toBeUndefined()
    await server.stop()
    expect((await rejection(server.stop({ grace: 'soon' }))).message).toMatch(/grace: expected a time.*got 'soon'/)
  })

  it('keeps who waits for its end alive until then', async () => {
    const server = await start('node serve-plain.ts')
    const stopping = server.stop()
    expect(process.getActiveResourcesInfo()).toContain('ProcessWrap')
    await stopping
    // The handle closes a turn of the event loop after the exit was told.
    await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('ProcessWrap')
  })

  it('pauses and goes on; a paused one still stops', async () => {
    const server = await start('node serve-plain.ts')
    await server.pause()
    await timeUntil(() => state(server.pid) === 'T', 2000)
    const silence = await fetch(server.url, { signal: AbortSignal.timeout(150) }).catch((error) => error.name)
    expect(silence).toBe('TimeoutError')
    await server.resume()
    expect((await ask(server)).pid).toBe(server.pid)
    await server.pause()
    await server.stop()
    expect(server.exit).toMatchObject({ signal: 'SIGTERM' })
    expect((await rejection(server.pause())).message).toMatch(/does not run/)
  })

  it('restarts on its port, also after it was killed', async () => {
    const server = await start('node serve-plain.ts', { ready: /listening/ })
    const { port, pid } = server
    expect((await rejection(server.start())).message).toMatch(/runs already/)
    await server.restart()
    expect((await ask(server)).pid).toBe(server.pid)
    expect(server.pid).not.toBe(pid)
    await server.kill()
    expect(server.exit).toMatchObject({ code: null, signal: 'SIGKILL' })
    expect(runningServers()).toEqual([])
    await server.restart()
    expect((await ask(server)).pid).toBe(server.pid)
    expect(server).toMatchObject({ port, exit: undefined, unexpectedExit: undefined })
  })

  it('that is stopped while it restarts stays stopped', async () => {
    const server = await start('node serve-plain.ts')
    const restart = rejection(server.restart())
    await sleep(20)
    await server.stop()
    expect((await restart).code).toBe('aborted')
    expect(runningServers()).toEqual([])
  })

  it('and dies says how', async () => {
    const server = await start('node serve-plain.ts', { ready: /listening/ })
    process.kill(server.pid, 'SIGKILL')
    await timeUntil(() => server.exit !== undefined, 5000)
    expect(server.unexpectedExit).toMatchObject({ code: null, signal: 'SIGKILL' })
    expect(server.unexpectedExit?.log).toMatch(`listening on ${server.port}`)
    expect(runningServers()).toEqual([])
    await server.stop()
    expect(server.unexpectedExit).toBeDefined()
  })
})

describe('a process that called serve()', () => {
  async function startCaller(): Promise<{ caller: ChildProcess; pids: number[] }> {
    const caller = spawn(process.execPath, [`${directory}serve-caller.ts`], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    cleanups.push(async () => caller.kill('SIGKILL'))
    const [line] = await once(caller.stdout, 'data')
    const pids: number[] = JSON.parse(line)
    cleanups.push(async () => pids.forEach(destroy))
    return { caller, pids }
  }

  // Ctrl-C in a terminal, and what a container's end does: the whole process group is told.
  it.each(['SIGKILL', 'SIGINT'] as const)('leaves nothing behind after %s to its group', async (signal) => {
    const { caller, pids } = await startCaller()
    expect(pids.map((pid) => state(pid) !== undefined)).toEqual([true, true, true])
    process.kill(-(caller.pid as number), signal)
    await once(caller, 'exit')
    expect(await timeUntil(() => pids.every((pid) => state(pid) === undefined), 4000)).toBeLessThan(2000)
  })
})

describe('serve() in tests', () => {
  it('gives concurrent tests servers that end with the file, and points errors to their call', async () => {
    const { output, test } = await runProject('cases', ['run', '--project', 'load', 'serving'])
    for (const delay of [600, 0]) expect(test(`has its server after ${delay} ms`).messages).toEqual([])
    const pids = [...output.matchAll(/server: (\d+)/g)].map(([, pid]) => Number(pid))
    expect(pids.map(state)).toEqual([undefined, undefined])
    const [message = ''] = test('has no server').messages
    expect(message).toMatch(/"node ..\/no-such-file.js --token \[redacted\]" ended before it was ready: exit code 1\n/)
    expect(message).not.toContain('SECRET')
    expect([...message.matchAll(/^ +at .*?([\w.-]+\.[jt]s):/gm)].map(([, file]) => file)[0]).toBe('serving.load.ts')
  })
})

describe('endTree', () => {
  it('leaves a process alone that has only the pid of the one meant', async () => {
    const server = await start('node serve-plain.ts')
    const { startTime } = readProcess(server.pid) as { startTime: number }
    expect(await endTree({ pid: server.pid, startTime: startTime - 1 }, 0)).toEqual([])
    expect((await ask(server)).pid).toBe(server.pid)
    expect(await endTree({ pid: server.pid, startTime }, 0)).toEqual([])
    expect(state(server.pid)).toBeUndefined()
  })
})
