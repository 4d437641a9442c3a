// What a server is told to do through its agent: collect garbage, profile, sample allocations, write a snapshot.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LoadTestError } from '../../src/core/errors.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import type { AgentLink } from '../../src/monitor/agent-link.ts'
import { agentAccess } from '../../src/processes/running-servers.ts'
import type { Server } from '../../src/processes/server.ts'
import { ask, linkOf, patiently } from '../support/agent-samples.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const capture = new URL('../support/servers/capture-clients.ts', import.meta.url).href
let server: Server
let link: AgentLink
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-commands-'))
})

afterEach(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

async function start(command: string | readonly string[], env: Record<string, string> = {}): Promise<void> {
  server = await serve(command, { cwd: directory, env })
  link = linkOf(server)
}

interface Node {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string }
}

interface Profile {
  readonly nodes: readonly Node[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** How often each function was the one that ran. */
function selfSamples({ nodes, samples }: Profile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  const counts = new Map<string, number>()
  for (const id of samples) counts.set(names.get(id) as string, (counts.get(names.get(id) as string) ?? 0) + 1)
  return counts
}

describe('gc', () => {
  it('frees what is held no more, says when, and how much is left', async () => {
    await start('node serve-observed.ts')
    await ask(server, '/hold?200000')
    const full = await link.send({ name: 'gc' })
    await ask(server, '/drop')
    const asked = performance.now()
    const empty = await link.send({ name: 'gc' })
    expect(full.heapUsed - empty.heapUsed).toBeGreaterThan(5e6)
    expect(empty.start).toBeGreaterThan(asked - 1)
    expect(empty.end).toBeGreaterThan(empty.start)
    expect(empty.end).toBeLessThan(performance.now() + 1)
  })
})

const inlineMap = /^data:application\/json;/
const ways: [words: string, command: readonly string[], sourceMap: RegExp][] = [
  ['of a server', ['node', 'serve-observed.ts'], /^$/],
  ['behind a loader', ['node', 'serve-outer.ts', './serve-observed.ts'], inlineMap],
  ['of a server that tsx starts', ['npx', 'tsx', 'serve-observed.ts'], inlineMap],
]

describe('a CPU profile', () => {
  it.each(ways)('%s names the hot function, its script, and the source map', async (_, command, map) => {
    await start(command)
    await link.send({ name: 'profile-start', interval: 1000 })
    await expect(link.send({ name: 'profile-start', interval: 1000 })).rejects.toThrow(
      "the agent in the server could not carry out 'profile-start': a CPU profile is being taken already",
    )
    await ask(server, '/hot?700')
    const path = join(folder, 'hot.cpuprofile')
    const { scripts } = await link.send({ name: 'profile-stop', path })
    const profile: Profile = JSON.parse(readFileSync(path, 'utf8'))
    expect(profile.timeDeltas).toHaveLength(profile.samples.length)
    const [hottest] = [...selfSamples(profile)].filter(([name]) => !name.startsWith('(')).sort((a, b) => b[1] - a[1])
    expect(hottest?.[0]).toBe('spinHotly')
    const script = scripts.find(({ url }) => url.endsWith('/hot-work.ts'))
    expect(script?.url).toMatch(/^file:/)
    expect(script?.sourceMapURL).toMatch(map)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    await expect(link.send({ name: 'profile-stop', path })).rejects.toThrow(
      "'profile-stop' came without 'profile-start'",
    )
  })
})

it('what begins too late goes on for nobody', async () => {
  await start('node serve-observed.ts')
  await link.members()
  const held = ask(server, '/block?1500')
  await sleep(200)
  const [profile, allocations] = [{ name: 'profile-start', interval: 1000 }, { name: 'allocations-start' }] as const
  await expect(link.send(profile, { limit: 200 })).rejects.toThrow('did not answer')
  await expect(link.send(allocations, { limit: 200 })).rejects.toThrow('did not answer')
  await held
  // What was late is discarded when it has begun.
  for (const command of [profile, allocations]) {
    await patiently(() =>
      link.send(command).then(
        () => true,
        () => false,
      ),
    )
  }
})

describe('a CPU profile that cannot be had', () => {
  it('because another is being taken is said of the server', async () => {
    await start('node serve-observed.ts')
    await link.send({ name: 'profile-start', interval: 1000 })
    const run = await load(`${server.url}/`, { rate: 20, duration: 500, warmup: 0, profile: 'always' })
    expect(run.servers[0]?.unseen.join()).toContain('a CPU profile is being taken already')
    expect(run.why).toEqual([])
  })
})

describe('the heap', () => {
  it.each(ways)('%s gives the places that allocated what is alive, and the source map', async (_, command, map) => {
    await start(command)
    await link.send({ name: 'allocations-start', interval: 4096 })
    await ask(server, '/hold?50000')
    const path = join(folder, 'held.heapprofile')
    const { scripts } = await link.send({ name: 'allocations-stop', path })
    expect(scripts.find(({ url }) => url.endsWith('/serve-observed.ts'))?.sourceMapURL).toMatch(map)
    const text = readFileSync(path, 'utf8')
    expect(JSON.parse(text)).toMatchObject({ head: { callFrame: { functionName: '(root)' } } })
    expect(text).toContain('serve-observed.ts')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('is left to a server that samples it itself', async () => {
    await start('node serve-observed.ts')
    await ask(server, '/sample')
    await ask(server, '/hold?50000')
    await expect(link.send({ name: 'allocations-start' })).rejects.toThrow('has its allocations sampled itself')
    await expect(link.send({ name: 'allocations-stop', path: join(folder, 'no') })).rejects.toThrow("without 'all")
    expect(await ask<number>(server, '/sampled')).toBeGreaterThan(0)
    await link.send({ name: 'allocations-start' })
    await link.send({ name: 'allocations-stop', path: join(folder, 'yes') })
  })

  it('gives no snapshot where there is no room for it, and says why', async () => {
    await start('node serve-observed.ts')
    const failure = link.send({ name: 'snapshot', path: '/dev/full' }, { limit: 60_000 })
    await expect(failure).rejects.toThrow("could not carry out 'snapshot': ENOSPC")
    expect(server.log).not.toContain('Warning')
  })

  it('gives a snapshot', async () => {
    await start('node serve-observed.ts')
    const path = join(folder, 'all.heapsnapshot')
    const { start: from, end } = await link.send({ name: 'snapshot', path }, { limit: 60_000 })
    expect(end).toBeGreaterThan(from)
    const { snapshot, nodes } = JSON.parse(readFileSync(path, 'utf8'))
    expect(nodes).toHaveLength(snapshot.node_count * snapshot.meta.node_fields.length)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

describe('an agent', () => {
  it('says whether its process listens, where nothing else does', async () => {
    await start('node serve-outer.ts ./serve-observed.ts')
    await link.members()
    const agents = [...(agentAccess.get(server)?.channel?.agents ?? [])]
    const answers = await Promise.all(
      agents.map(async (agent) => ({ ...agent.hello, ...(await agent.ask({ name: 'listening' }, 10_000)) })),
    )
    const own = { node: process.version, pid: expect.any(Number), ppid: expect.any(Number) }
    expect(answers).toHaveLength(2)
    expect(answers).toContainEqual({ ...own, title: `${directory}serve-outer.ts`, listening: false })
    expect(answers).toContainEqual({ ...own, title: `${directory}serve-observed.ts`, listening: true })
  })
})

describe('a command', () => {
  const error = (promise: Promise<unknown>) => promise.then(() => undefined).catch((reason: LoadTestError) => reason)

  it('that cannot be carried out says why, and harms nothing', async () => {
    await start('node serve-observed.ts')
    const failure = await error(link.send({ name: 'snapshot', path: join(folder, 'no', 'such', 'folder') }))
    expect(failure).toBeInstanceOf(LoadTestError)
    expect(failure).toMatchObject({ code: 'server-failed', message: expect.stringContaining("'snapshot': ENOENT") })
    await expect(link.send({ name: 'dance' } as never)).rejects.toThrow("the agent knows no command 'dance'")
    await expect(link.send({ name: 'gc' }, { pid: 1 })).rejects.toThrow('process 1 does not serve')
    expect(await ask(server, '/')).toBe(server.pid)
  })

  it('is waited for no longer than said', async () => {
    await start('node serve-observed.ts')
    const blocked = ask(server, '/block?1500')
    await link.send({ name: 'gc' }, { limit: 10_000 }).catch(() => {})
    await server.pause()
    const failure = await error(link.send({ name: 'gc' }, { limit: 200 }))
    expect(failure?.message).toMatch(/did not answer 'gc' within 200 ms: its event loop is held up/)
    await server.resume()
    await blocked
    expect((await link.send({ name: 'gc' })).heapUsed).toBeGreaterThan(0)
  })

  it('fails at once when the agent goes', async () => {
    await start('node serve-observed.ts', { NODE_OPTIONS: `--import ${capture}` })
    await link.members()
    await server.pause()
    const failure = error(link.send({ name: 'gc' }, { limit: 30_000 }))
    const started = performance.now()
    await server.kill()
    expect((await failure)?.message).toMatch(/the agent in the server fell silent before it had carried out 'gc'/)
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  it('that goes on ends with the agent', async () => {
    await start('node serve-observed.ts', { NODE_OPTIONS: `--import ${capture}` })
    await link.send({ name: 'profile-start', interval: 1000 })
    expect(await ask(server, '/mute')).toBe(1)
    await patiently(async () => (await link.members()).length === 0)
    expect(await ask(server, '/')).toBe(server.pid)
    await expect(link.send({ name: 'gc' })).rejects.toThrow('no Node process with the agent listens')
  })
})

describe('what serves is known', () => {
  it('to be Node, though its agent fell silent before anybody looked', async () => {
    await start('node serve-observed.ts', { NODE_OPTIONS: `--import ${capture}` })
    expect(await ask(server, '/mute')).toBe(1)
    await patiently(() => agentAccess.get(server)?.channel?.agents.size === 0)
    expect(await link.members()).toEqual([])
    expect(link.isNode()).toBe(true)
  })

  it('not to be Node where only what started it is', async () => {
    await start('node serve-unseen.ts')
    expect(await link.members()).toEqual([])
    expect(link.isNode()).toBe(false)
  })
})
