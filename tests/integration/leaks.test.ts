// A leak of a real server is found under load and named; one that is well is not accused.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { metrics } from '../../src/core/metric.ts'
import type { Run } from '../../src/core/run.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { dropFiles, type ServerFile } from '../../src/engine/server-files.ts'
import type { Server } from '../../src/processes/server.ts'

const entry = fileURLToPath(new URL('../support/servers/serve-heap.ts', import.meta.url))
const clustered = fileURLToPath(new URL('../support/servers/serve-heap-cluster.ts', import.meta.url))
const servers: Server[] = []
let files: readonly ServerFile[] = []
let run: Run

beforeAll(async () => {
  for (const kind of ['array', 'pool']) {
    servers.push(await serve(['node', entry], { name: kind, env: { KIND: kind } }))
  }
  servers.push(await serve(['node', clustered], { name: 'cluster', env: { KIND: 'array' } }))
  const targets = servers.map(({ url }) => `${url}/`)
  run = await load(
    targets,
    { rate: 900, duration: 11_000, warmup: 500, leaks: { extension: '44s' }, profile: 'off' },
    {
      onFiles: (_, given) => {
        files = given
      },
    },
  )
}, 120_000)

afterAll(async () => {
  dropFiles(files)
  await Promise.all(servers.map((server) => server.stop()))
})

const leakOf = (name: string) => run.data.leaks?.find(({ server }) => server === name)

it('is found with its constructor and the line that allocated', () => {
  const leak = leakOf('array')
  expect(leak).toMatchObject({ verdict: 'leak', heap: { unit: 'bytes' } })
  // The others had their share of the iterations.
  expect(leak?.perRequest).toBeNull()
  expect(leak?.constructors.map(({ name }) => name)).toContain('Order')
  expect(leak?.sites[0]).toMatchObject({ name: 'rememberOrder', file: expect.stringMatching(/serve-heap\.ts$/) })
  const line = readFileSync(entry, 'utf8').split('\n')[(leak?.sites[0]?.line ?? 0) - 1]
  expect(line).toContain('function rememberOrder')
  expect(metrics.memoryLeak.read(run).bounds.lower).toBeGreaterThan(0)
})

it('is found in the worker of a cluster too, whose primary is well', () => {
  const heaps = run.data.leaks?.filter(({ server }) => server === 'cluster') ?? []
  expect(heaps.map(({ verdict }) => verdict === 'leak').sort()).toEqual([false, true])
  expect(new Set(heaps.map(({ process }) => typeof process === 'number' && process)).size).toBe(2)
  expect(leakOf('array')?.process).toBeUndefined()
  const leak = heaps.find(({ verdict }) => verdict === 'leak')
  expect(leak?.constructors.map(({ name }) => name)).toContain('Order')
  expect(leak?.sites[0]).toMatchObject({ name: 'rememberOrder' })
})

it('is not denied where one process came after another', async () => {
  await using server = await serve(['node', clustered], { name: 'replaced', env: { KIND: 'array', EXIT: '250' } })
  const { data } = await load(`${server.url}/`, { rate: 100, duration: 5000, leaks: { extension: 0 }, profile: 'off' })
  const reasons = data.leaks?.filter(({ verdict }) => verdict === 'inconclusive').map(({ reason }) => reason)
  expect(reasons).toContainEqual(expect.stringMatching(/the server cannot carry out 'gc': process \d+ does not serve/))
})

it('accuses no other server', () => {
  expect(leakOf('pool')?.verdict).not.toBe('leak')
})

it('lasts as long as the answer takes, and no number is lost', () => {
  const { iterations, latency, data } = run
  const marked = data.lanes.reduce((sum, lane) => sum + lane.marked, 0)
  expect(run.asked.duration).toBe(11_000)
  expect(run.duration).toBeGreaterThan(11_000)
  const isLonger = run.duration > 12_000
  expect(run.warnings.some((text) => /^it went on for [\d.]+ s instead of 11 s, until/.test(text))).toBe(isLonger)
  expect(iterations.ok).toBe(iterations.scheduled)
  expect(marked).toBeGreaterThan(0)
  expect(latency.count).toBe(iterations.ok - marked)
})

it('leaves its files to whoever asked', () => {
  expect(files.map(({ path }) => path.replace(/.*\./, '')).sort()).toEqual([
    ...['heapprofile', 'heapprofile', 'heapprofile', 'heapprofile'],
    ...Array(6).fill('heapsnapshot'),
  ])
  expect(files.every(({ path }) => existsSync(path))).toBe(true)
  dropFiles(files)
  expect(files.some(({ path }) => existsSync(path))).toBe(false)
})
