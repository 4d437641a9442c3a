// A stranger's first minutes: the packed package in an empty folder, the README word by word.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const repository = resolve(import.meta.dirname, '../..')
const run = promisify(execFile)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitest-load-packed-'))
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: repository })
  const { devDependencies } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'))
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  const packages = [`vitest@${devDependencies.vitest}`, join(folder, stdout.trim().split('\n').at(-1) as string)]
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', ['install', '--save-dev', ...quiet, ...packages], { cwd: folder })
  for (const [name, text] of await readmeFiles()) await put(name, text)
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

describe('the packed package in an empty project with only vitest beside it', () => {
  it('runs the first case of the README as printed and writes its report', async () => {
    const { code, output } = await vitest('run', '--project', 'load')
    expect(output).toMatch(/2 passed/)
    expect(output).toMatch(/p95 latency/)
    expect(output).toMatch(/report\.json/)
    expect(code).toBe(0)
    const report = JSON.parse(await readFile(join(folder, '.vitest/vitest-load/report.json'), 'utf8'))
    expect(report.cases).toHaveLength(2)
    expect(report.cases[0].runs[0].iterations.ok).toBeGreaterThan(500)
    // The agent is a file of the package that nothing imports.
    const [server] = report.cases[0].runs[0].usage.servers
    expect(server).toMatchObject({ unseen: [], series: { loopBusy: { unit: 'share' }, heapUsed: { unit: 'bytes' } } })
    expect(output).toMatch(/event loop +[\d.]+ % +[\d.]+ % +[▁-█]/)
  })

  it('exits 1 on a missed target, and the message names number, limit and line', async () => {
    const text = await readFile(join(folder, 'tests/load/first.load.ts'), 'utf8')
    // One connection waits for its server: a generator that is busy all the time could not blame it.
    const missed = text
      .replace('toHaveP95Below(250)', 'toHaveP95Below(0.001)')
      .replace('connections: 50', 'connections: 1')
      .replaceAll("'3s'", "'1s'")
    await put('tests/load/missed.load.ts', missed)
    const { code, output } = await vitest('run', '--project', 'load', 'missed')
    const line = missed.split('\n').findIndex((row) => row.includes('toHaveP95Below(0.001)')) + 1
    expect(output).toMatch(/expected p95 latency of "GET \/health" below 0\.00\d? ms, got [\d.,]+ ms/)
    expect(output).toContain(`tests/load/missed.load.ts:${line}:`)
    expect(code).toBe(1)
    await rm(join(folder, 'tests/load/missed.load.ts'))
  })

  it('leaves bare `vitest run` alone', async () => {
    await put('tests/sum.test.ts', "import { expect, it } from 'vitest'\nit('adds', () => expect(1 + 1).toBe(2))\n")
    const { code, output } = await vitest('run')
    expect(output).toMatch(/Tests\s+1 passed \(1\)/)
    expect(output).not.toContain('.load.ts')
    expect(code).toBe(0)
  })

  it('has types that check under strict with skipLibCheck off', async () => {
    await put('tests/types.load.ts', typeCases)
    await mkdir(join(folder, 'with-node'))
    await symlink(join(repository, 'node_modules/@types/node'), join(folder, 'with-node/node'))
    expect(await typeErrors({ typeRoots: ['with-node'], types: ['node'] })).toEqual([])
  })

  it('and without @types/node, where only the declarations of Vitest and what it needs do not', async () => {
    expect(existsSync(join(folder, 'node_modules/@types/node'))).toBe(false)
    await put('tests/types.load.ts', typeCases)
    const errors = await typeErrors({ types: [] })
    expect(errors.filter((error) => !/^node_modules\/(?!vitest-load\/)/.test(error))).toEqual([])
  })
})

const typeCases = `import { expect, it } from 'vitest'
import { http, load, type Run, type Server } from 'vitest-load'
import { load as drive } from 'vitest-load/engine'
import LoadReporter from 'vitest-load/reporter'
import 'vitest-load/setup'

it('types', async () => {
  const lazy = load(http.post('/a', { json: (i) => ({ id: i + 1 }) }), { rate: 1 })
  const pending: Promise<void> = expect(lazy).toHaveP95Below(1)
  await pending
  const run: Run = await lazy
  const nothing: void = expect(run).toHaveP95Below(1)
  expect(run.request('GET /a')).not.toMeet({ p95: 1, memory: '300MB', throughput: { above: 5 } })
  // @ts-expect-error a rate is a number
  load('/a', { rate: '5' })
  // @ts-expect-error no such limit
  expect(run).toMeet({ p96: 1 })
  return [nothing, drive, LoadReporter, (server: Server) => server.url]
})
`

/** Code blocks of the README that begin with a comment that names their file. */
async function readmeFiles(): Promise<[name: string, text: string][]> {
  const readme = await readFile(join(repository, 'README.md'), 'utf8')
  const blocks = [...readme.matchAll(/```[jt]s\n\/\/ (\S+\.(?:ts|mjs))\n([\s\S]*?)```/g)]
  return blocks.map(([, name, text]) => [name as string, text as string])
}

async function put(name: string, text: string): Promise<void> {
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

/** The first line of each error of the compiler, paths relative to the project. */
async function typeErrors(options: object): Promise<string[]> {
  const strict = { strict: true, skipLibCheck: false, noEmit: true, module: 'nodenext', target: 'es2022', ...options }
  await put('tsconfig.json', JSON.stringify({ compilerOptions: strict, include: ['vitest.config.ts', 'tests'] }))
  const { output } = await command(join(repository, 'node_modules/.bin/tsc'), ['-p', '.'])
  return output.split('\n').filter((line) => /error TS/.test(line))
}

function vitest(...args: string[]) {
  return command(process.execPath, [join(folder, 'node_modules/vitest/vitest.mjs'), ...args])
}

async function command(program: string, args: string[]): Promise<{ code: number; output: string }> {
  const { VITEST: _, NODE_ENV: __, ...env } = process.env
  const options = { cwd: folder, env: { ...env, NO_COLOR: '1', VITEST_LOAD_LOCK: folder } }
  const ended = await run(program, args, options).catch((error) => error)
  return { code: ended.code ?? 0, output: stripVTControlCharacters(`${ended.stdout}${ended.stderr}`).trim() }
}
