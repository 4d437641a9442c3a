// What the agent tells of Node servers, however they are started, and what is said where it cannot tell.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { load } from '../../src/engine/load.ts'
import { type ServeOptions, serve } from '../../src/engine/serve.ts'
import { listeningPorts } from '../../src/processes/listening-ports.ts'
import { agentAccess } from '../../src/processes/running-servers.ts'
import type { Server } from '../../src/processes/server.ts'
import { ask, linkOf, type Observed, observeServer, patiently } from '../support/agent-samples.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const npmProject = fileURLToPath(new URL('../support/projects/npm-server/', import.meta.url))
const capture = new URL('../support/servers/capture-clients.ts', import.meta.url).href
// Whatever npm and shells find as node is the Node that runs this.
const PATH = `${dirname(process.execPath)}:${process.env.PATH}`
const without = { env: { NODE_OPTIONS: undefined } }
const unseenOn = (port: number) =>
  `its event loop, heap and garbage collection: no Node process with the agent listens on port ${port}`

function start(command: string | readonly string[], options: ServeOptions = {}): Promise<Server> {
  return serve(command, { cwd: directory, ...options, env: { PATH, ...options.env } })
}

const longestBlock = ({ samples }: Observed) => Math.max(...samples.map(({ values }) => values.longestBlock ?? 0))

describe.concurrent('a Node server', () => {
  it('tells of its event loop, its heap and its handles once a second, on our time', async () => {
    await using server = await start('node serve-observed.ts')
    const observed = observeServer(server)
    await observed.until(2)
    expect(await observed.end()).toEqual([])
    const now = performance.now()
    expect(observed.samples.length).toBeGreaterThanOrEqual(2)
    let before = observed.start
    for (const { at, values, handleTypes } of observed.samples) {
      expect(at).toBeGreaterThan(before)
      expect(at).toBeLessThanOrEqual(now)
      before = at
      expect(Object.keys(values).sort()).toEqual(
        'external gcPause gcTime handles heapTotal heapUsed longestBlock loopBusy loopDelay'.split(' '),
      )
      expect(values.heapUsed).toBeGreaterThan(1e6)
      expect(values.heapTotal).toBeGreaterThanOrEqual(values.heapUsed as number)
      expect(values.external).toBeGreaterThan(0)
      expect(values.loopBusy).toBeGreaterThanOrEqual(0)
      expect(values.loopBusy).toBeLessThanOrEqual(1)
      expect(handleTypes.TCPServerWrap).toBe(1)
      expect(values.handles).toBe(Object.values(handleTypes).reduce((sum, count) => sum + count, 0))
    }
  })

  it('outlives its last file descriptor, and is observed on', async () => {
    await using server = await start(['sh', '-c', 'ulimit -n 64; exec node serve-observed.ts'])
    const observed = observeServer(server)
    await observed.until(1)
    expect(await ask<number>(server, '/descriptors')).toBeGreaterThan(10)
    const { length } = observed.samples
    await observed.until(length + 2)
    expect(observed.samples.length).toBeGreaterThanOrEqual(length + 2)
    await observed.end()
  })

  it('has no handle more than without the agent', async () => {
    await using plain = await start('node serve-observed.ts', without)
    await using observedOne = await start('node serve-observed.ts')
    const observed = observeServer(observedOne)
    await observed.until(1)
    expect(await ask(observedOne, '/handles')).toEqual(await ask(plain, '/handles'))
    await observed.end()
  })

  it('whose loop is blocked says for how long, and loses no time', async () => {
    await using server = await start('node serve-observed.ts')
    const observed = observeServer(server)
    await observed.until(1)
    await ask(server, '/block?300')
    await patiently(() => longestBlock(observed) >= 250)
    await observed.end()
    expect(longestBlock(observed)).toBeGreaterThanOrEqual(250)
    expect(longestBlock(observed)).toBeLessThan(5000)
    expect(Math.max(...observed.samples.map(({ values }) => values.loopBusy ?? 0))).toBeGreaterThan(0.1)
  })

  it('that collects garbage says how much time that took', async () => {
    await using server = await start('node serve-observed.ts')
    const observed = observeServer(server)
    await observed.until(1)
    for (let round = 0; round < 5; round++) await ask(server, '/hold?100000')
    await observed.until(observed.samples.length + 2)
    await observed.end()
    const most = (name: 'gcTime' | 'gcPause') => Math.max(...observed.samples.map(({ values }) => values[name] ?? 0))
    expect(most('gcPause')).toBeGreaterThan(0)
    expect(most('gcTime')).toBeGreaterThan(0)
    expect(most('gcTime')).toBeLessThanOrEqual(1)
  })

  it('is silent unless it is observed, and is observed once for all who ask', async () => {
    await using server = await start('node serve-observed.ts')
    const first = observeServer(server)
    const second = observeServer(server)
    await Promise.all([first.until(1), second.until(1)])
    await first.end()
    const count = first.samples.length
    await second.until(second.samples.length + 1)
    expect(first.samples).toHaveLength(count)
    await second.end()
    const last = second.samples.length
    await sleep(1300)
    expect(second.samples).toHaveLength(last)
    const third = observeServer(server)
    await third.until(1)
    expect(await third.end()).toEqual([])
    expect(third.samples.length).toBeGreaterThanOrEqual(1)
    expect(second.samples).toHaveLength(last)
  })

  it('is observed on by who begins while another ends', async () => {
    await using server = await start('node serve-observed.ts')
    const first = observeServer(server)
    await first.until(1)
    const ending = first.end()
    const second = observeServer(server)
    await ending
    await second.until(2)
    expect(await second.end()).toEqual([])
    expect(second.samples.length).toBeGreaterThanOrEqual(2)
  })

  it('has its own NODE_OPTIONS too', async () => {
    await using server = await start('node serve-observed.ts', {
      env: { NODE_OPTIONS: `--max-http-header-size=20000 --import "${capture}"` },
    })
    const { env, execArgv, preloaded } = await ask<{ env: Record<string, string>; execArgv: []; preloaded: boolean }>(
      server,
      '/options',
    )
    expect(env.NODE_OPTIONS).toMatch(/^--max-http-header-size=20000 --import "file:[^"]+" --import file:\S+agent\.ts$/)
    expect({ execArgv, preloaded }).toEqual({ execArgv: [], preloaded: true })
    const observed = observeServer(server)
    await observed.until(1)
    expect(await observed.end()).toEqual([])
    expect(observed.samples.length).toBeGreaterThanOrEqual(1)
  })

  it('with threads is one server', async () => {
    await using server = await start('node serve-observed.ts')
    await ask(server, '/threads?2')
    const observed = observeServer(server)
    await observed.until(1)
    expect(await observed.link.members()).toEqual([server.pid])
    expect(await observed.end()).toEqual([])
    expect(await ask(server, '/threads?0')).toBe(2)
    expect(agentAccess.get(server)?.channel?.agents.size).toBe(1)
  })
})

describe.concurrent('a Node server that something else starts', () => {
  it.each([
    ['npm', ['npm', 'run', 'start', '--silent'], npmProject],
    ['tsx', ['npx', 'tsx', 'serve-observed.ts'], directory],
    ['a shell', ['sh', '-c', 'node serve-observed.ts; exit $?'], directory],
    ['a runner with a loader of its own', ['node', 'serve-outer.ts', './serve-observed.ts'], directory],
  ])('%s is found', async (_, command, cwd) => {
    await using server = await start(command, { cwd, env: { npm_config_update_notifier: 'false' } })
    const pid = await ask<number>(server, '/')
    expect(pid).not.toBe(server.pid)
    const observed = observeServer(server)
    await observed.until(1)
    expect(await observed.link.members()).toEqual([pid])
    expect(await observed.end()).toEqual([])
    expect(observed.samples[0]?.values.heapUsed).toBeGreaterThan(1e6)
  })

  it('on another port than the one it was given is found', async () => {
    await using server = await start('node serve-elsewhere.ts', { ready: /^port \d+$/m })
    expect(await linkOf(server).members()).toEqual([server.pid])
  })
})

describe.concurrent('a cluster', () => {
  it('is one server: what its processes hold is summed, the worst of their times counts', async () => {
    await using server = await start('node serve-cluster.ts')
    await patiently(async () => (await linkOf(server).members()).length === 3)
    const [owner, ...workers] = await linkOf(server).members()
    expect(owner).toBe(server.pid)
    expect(workers).toContain(await ask<number>(server, '/'))
    const observed = observeServer(server)
    await observed.until(2)
    await ask(server, '/block?400')
    await patiently(() => longestBlock(observed) >= 350)
    expect(await observed.end()).toEqual([])
    const each = await Promise.all([owner, ...workers].map((pid) => observed.link.send({ name: 'gc' }, { pid })))
    const last = observed.samples.at(-1)
    expect(each.every(({ heapUsed }) => heapUsed < (last?.values.heapUsed ?? 0))).toBe(true)
    const least = each.reduce((sum, { heapUsed }) => sum + heapUsed, 0)
    expect(last?.values.heapUsed).toBeGreaterThan(0.8 * least)
    expect(longestBlock(observed)).toBeGreaterThanOrEqual(350)
  })

  it('goes on without a worker that ends', async () => {
    await using server = await start('node serve-cluster.ts')
    await patiently(async () => (await linkOf(server).members()).length === 3)
    const observed = observeServer(server)
    await observed.until(1)
    await ask(server, '/exit').catch(() => {})
    await patiently(async () => (await observed.link.members()).length === 2)
    await observed.until(observed.samples.length + 2)
    expect(await observed.end()).toEqual([])
    expect(await observed.link.members()).toHaveLength(2)
  })
})

it('tells of blocks that are short and many, in step with whatever looks for them', async () => {
  await using server = await start('node serve-observed.ts')
  const run = await load(`${server.url}/block?12`, { rate: 72, duration: 2500, warmup: 500, profile: 'off' })
  const { longestBlock, loopDelay } = run.servers[0]?.series ?? {}
  expect(longestBlock?.values.length).toBeGreaterThanOrEqual(2)
  for (const value of [...(longestBlock?.values ?? []), ...(loopDelay?.values ?? [])]) expect(value).toBeGreaterThan(9)
})

// A load has all servers of this process profiled, those of other tests too: alone.
it('has the workers of a cluster accused of what they do, and not the process that only started them', async () => {
  await using server = await start('node serve-cluster.ts')
  await patiently(async () => (await linkOf(server).members()).length === 3)
  const members = await linkOf(server).members()
  const run = await load(`${server.url}/?200`, { vus: 4, duration: 2000, warmup: 0, profile: 'always' })
  expect(run.why.map(({ loop }) => loop).sort()).toEqual(['busy', 'busy', 'idle'])
  expect(run.why.map(({ process }) => process).sort()).toEqual(members.toSorted())
})

describe.concurrent('a server of which nothing can be seen', () => {
  it('because it is no Node with the agent says so', async () => {
    await using server = await start(['sh', '-c', 'NODE_OPTIONS= exec node serve-observed.ts'])
    const observed = observeServer(server)
    await sleep(1200)
    expect(await observed.end()).toEqual([unseenOn(server.port)])
    expect(observed.samples).toEqual([])
    await expect(observed.link.send({ name: 'gc' })).rejects.toThrow(
      `the server cannot carry out 'gc': no Node process with the agent listens on port ${server.port}`,
    )
  })

  it('because a Node process next to it is not the one that listens says so', async () => {
    await using server = await start([
      'sh',
      '-c',
      'node -e "setInterval(() => {}, 1000)" & NODE_OPTIONS= exec node serve-plain.ts',
    ])
    const observed = observeServer(server)
    await sleep(2500)
    expect(await observed.end()).toEqual([unseenOn(server.port)])
    expect(observed.samples).toEqual([])
  })

  it('because NODE_OPTIONS is removed says so', async () => {
    await using server = await start('node serve-plain.ts', without)
    const { env } = await ask<{ env: Record<string, string> }>(server, '/')
    expect(env).not.toHaveProperty('NODE_OPTIONS')
    expect(env).not.toHaveProperty('VITEST_LOAD_AGENT')
    const observed = observeServer(server)
    expect(await observed.end()).toEqual([
      'its event loop, heap and garbage collection: NODE_OPTIONS is removed from its environment',
    ])
    await expect(observed.link.send({ name: 'gc' })).rejects.toThrow('NODE_OPTIONS is removed')
  })

  it('because its Node is too old was started once more, without, and says so', async () => {
    await using server = await start('./old-node.sh serve-observed.ts', { env: { NODE: process.execPath } })
    const { env } = await ask<{ env: Record<string, string> }>(server, '/options')
    expect(env).not.toHaveProperty('NODE_OPTIONS')
    expect(server.unexpectedExit).toBeUndefined()
    const observed = observeServer(server)
    expect(await observed.end()).toEqual([
      expect.stringMatching(/its Node takes no --import in NODE_OPTIONS.* was started once more without the agent$/),
    ])
    const { pid } = server
    await server.restart()
    expect(server.pid).not.toBe(pid)
    expect(await observeServer(server).end()).toHaveLength(1)
  })

  it('because its Node may not read the agent says so', async () => {
    await using server = await start(['node', '--permission', `--allow-fs-read=${directory}*`, 'serve-plain.ts'])
    expect(await observeServer(server).end()).toEqual([
      expect.stringContaining('its Node could not start with the agent (ERR_ACCESS_DENIED)'),
    ])
    expect((await fetch(server.url)).status).toBe(200)
  })

  it('because Node takes its program for no module says so', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'agent-script-'))
    using _ = { [Symbol.dispose]: () => rmSync(cwd, { recursive: true }) }
    const script = "require('node:http').createServer((_, response) => response.end()).listen(process.env.PORT)"
    writeFileSync(join(cwd, 'www.server'), script)
    await using server = await start('node www.server', { cwd })
    expect(await observeServer(server).end()).toEqual([
      expect.stringContaining('its Node could not start with the agent (ERR_UNKNOWN_FILE_EXTENSION)'),
    ])
    expect((await fetch(server.url)).status).toBe(200)
  })

  it('after its channel was destroyed from inside goes on, and the run says from when on', async () => {
    await using server = await start('node serve-observed.ts', { env: { NODE_OPTIONS: `--import ${capture}` } })
    const observed = observeServer(server)
    await observed.until(1)
    expect(await ask(server, '/mute')).toBe(1)
    await patiently(async () => (await observed.link.members()).length === 0)
    expect(await observed.end()).toEqual([
      expect.stringMatching(/: the agent in process \d+ fell silent [\d,.]+ m?s into the run$/),
    ])
    expect(await ask(server, '/')).toBe(server.pid)
    expect(observed.samples.length).toBeGreaterThanOrEqual(1)
  })

  it('while it is paused says so', async () => {
    await using server = await start('node serve-observed.ts')
    const observed = observeServer(server)
    await observed.until(1)
    await server.pause()
    expect(await observed.end()).toEqual([
      expect.stringMatching(new RegExp(`process ${server.pid} did not answer at the end.*the last reading is of`)),
    ])
    await server.resume()
  })
})

// Alone: who looks for a free port beside it listens for a moment.
describe('an observed server', () => {
  it('opens no TCP port for it, and neither do we', async () => {
    const before = listeningPorts([process.pid])
    await using server = await start('node serve-observed.ts')
    const observed = observeServer(server)
    await observed.until(1)
    await observed.link.send({ name: 'gc' })
    expect(listeningPorts([server.pid])).toEqual([{ port: server.port, onLoopback: true }])
    expect(listeningPorts([process.pid])).toEqual(before)
    await observed.end()
  })
})

describe('a load run', () => {
  it('carries what its server told of itself', async () => {
    await using server = await start('node serve-observed.ts')
    const run = await load(`${server.url}/`, { rate: 50, duration: '2500ms', warmup: 0 })
    const [usage] = run.usage.servers
    expect(usage?.unseen.filter((sentence) => sentence.includes('event loop'))).toEqual([])
    for (const name of ['heapUsed', 'loopDelay', 'loopBusy', 'gcTime', 'handles'] as const) {
      expect(usage?.series[name]?.values.length, name).toBeGreaterThanOrEqual(2)
    }
    expect(run.iterations.ok).toBeGreaterThan(0)
  })

  it('survives a server that exits in the middle', async () => {
    await using server = await start('node serve-observed.ts')
    let ticks = 0
    const onProgress = (): void => {
      if (++ticks === 2) ask(server, '/exit').catch(() => {})
    }
    const run = await load(`${server.url}/`, { rate: 50, duration: '4s', warmup: 0 }, { onProgress })
    expect(run.events).toEqual([expect.objectContaining({ detail: 'exit code 7' })])
    const [usage] = run.usage.servers
    expect(usage?.unseen.filter((sentence) => sentence.includes('event loop'))).toEqual([])
    expect(usage?.series.heapUsed?.values.length).toBeGreaterThanOrEqual(1)
  })
})
