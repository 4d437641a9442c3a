// What load() makes of a machine that sleeps, of a time of day that jumps, and of a test that fakes its timers.
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { setTimeout } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { http } from '../../src/core/http-request.ts'
import { isBalanced } from '../../src/core/iterations.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { Run, type RunData } from '../../src/core/run.ts'
import type { Target } from '../../src/core/target.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import type { Server } from '../../src/processes/server.ts'
import type { LoadCase } from '../support/load-process.ts'

const support = new URL('../support/', import.meta.url)
const pathOf = (name: string) => fileURLToPath(new URL(name, support))
let server: Server

beforeAll(async () => {
  server = await serve(['node', pathOf('servers/counting-server.ts')], { ready: /ready/ })
})
afterAll(() => server.stop())

let locks = 0

interface Elsewhere {
  /** Hears what the process says. */
  readonly onLine?: (line: string, pid: number) => void
  /** A clock that is moved in all threads of the process. */
  readonly moved?: 'time of day' | 'uptime'
}

/** Carries out the cases in a process of their own. */
async function loadElsewhere(cases: readonly LoadCase[], { onLine = () => {}, moved }: Elsewhere): Promise<Run[]> {
  const preload = moved ? ['--import', new URL('moved-clocks.ts', support).href] : []
  const args = [...preload, pathOf('load-process.ts'), `${server.url}/`, ...cases.map((each) => JSON.stringify(each))]
  const lock = `${process.env.VITEST_LOAD_LOCK}-${locks++}`
  const env = { ...process.env, VITEST_LOAD_LOCK: lock, MOVED_CLOCK: moved }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let last = ''
  for await (const line of createInterface({ input: child.stdout })) {
    last = line
    onLine(line, child.pid as number)
  }
  return (JSON.parse(last) as RunData[]).map((data) => Run.from(data))
}

describe.concurrent('a run is invalid when it was suspended', () => {
  it.each<[string, LoadCase]>([
    ['an open run, in its middle', { target: 'url', options: { rate: 500, duration: 3000 } }],
    ['connections, past its end', { target: 'url', options: { connections: 2, duration: 2000 } }],
    ['a function', { target: 'resting function', options: { vus: 2, duration: 2000 } }],
  ])('as a stopped process: %s', async (_, { target, options }) => {
    let heard = false
    // First heard of a second after the run began.
    const onLine = (_line: string, pid: number) => {
      if (heard) return
      heard = true
      process.kill(pid, 'SIGSTOP')
      setTimeout(() => process.kill(pid, 'SIGCONT'), 1500)
    }
    const [run] = (await loadElsewhere([{ target, options: { ...options, warmup: 0 } }], { onLine })) as [Run]
    expect(run.data.invalid).toContainEqual(
      expect.stringMatching(
        /^the machine or this process was suspended for \d.*, [\d.]+ s into the run: nothing was sent/,
      ),
    )
    expect(run.usage.generator.suspended).toBeGreaterThan(1000)
    expect(isBalanced(run.iterations)).toBe(true)
  })

  it('as a machine whose monotonic clock stood still', async () => {
    const asked: LoadCase = { target: 'url', options: { rate: 100, duration: 1200, warmup: 0 } }
    const [run] = (await loadElsewhere([asked], { moved: 'uptime' })) as [Run]
    expect(run.data.invalid).toEqual([expect.stringContaining('was suspended for 60 min')])
  })

  it('but not when its function kept the thread busy', async () => {
    const asked: LoadCase = { target: 'busy function', options: { vus: 2, duration: 2000, warmup: 0 } }
    const [run] = (await loadElsewhere([asked], {})) as [Run]
    expect(run.usage.generator.loopDelay.max).toBeGreaterThan(1000)
    expect(run.data.invalid).toEqual([])
    expect(run.usage.generator.suspended).toBe(0)
  })
})

describe.concurrent('a time of day', () => {
  it('changes nothing when it jumps by an hour', async () => {
    const heard = new Set<string>()
    const cases: LoadCase[] = [
      { target: 'url', options: { rate: 100, duration: 700 } },
      { target: 'url', options: { vus: 2, duration: 300 } },
      { target: 'url', options: { connections: 2, duration: 300 } },
      { target: 'request with a function', options: { rate: 100, duration: 300 } },
      { target: 'request with a function', options: { connections: 2, duration: 300 } },
      { target: 'resting function', options: { rate: 100, duration: 300 } },
      { target: 'resting function', options: { vus: 2, duration: 300 } },
    ]
    const runs = await loadElsewhere(cases, { moved: 'time of day', onLine: (line) => heard.add(line) })
    for (const line of ['clocks are moved in the main thread', 'clocks are moved in a worker'])
      expect(heard).toContain(line)
    for (const [index, run] of runs.entries()) {
      expect(run.data.invalid).toEqual([])
      expectWhole(run, cases[index]?.options as LoadOptions)
    }
  })
})

/** All ended well, about when they should have: a clock that moved or stood still would be hours or 0. */
function expectWhole(run: Run, { rate, duration }: LoadOptions): void {
  expect(isBalanced(run.iterations)).toBe(true)
  expect(run.iterations).toMatchObject({ failed: 0, timedOut: 0, unfinished: 0, dropped: 0 })
  expect(run.iterations.ok).toBeGreaterThan(0)
  if (rate !== undefined) expect(run.iterations.ok).toBe((Number(rate) * Number(duration)) / 1000)
  expect(run.duration / Number(duration)).toBeGreaterThan(0.99)
  expect(run.duration).toBeLessThan(10_000)
  expect(run.latency.min).toBeGreaterThan(0)
  expect(run.latency.max).toBeLessThan(10_000)
  expect(Math.abs(Date.parse(run.data.startedAt) - realNow())).toBeLessThan(60_000)
}

function realNow(): number {
  return performance.timeOrigin + performance.now()
}

/** All that Vitest can fake in a process of its own; `nextTick` is Node's own there. */
const everything = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
  'queueMicrotask',
  'performance',
  'hrtime',
  'Date',
] as const

describe('fake timers of the test do not reach the load', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const url = () => `${server.url}/`
  const request = () => http.post(url(), { json: (i: number) => i })
  const work = () => () => sleep(5)

  it.each<[string, () => Target, LoadOptions]>([
    ['an open run of a thread', url, { rate: 100 }],
    ['users of a thread', url, { vus: 2 }],
    ['connections of a thread', url, { connections: 2 }],
    ['an open run here', request, { rate: 100 }],
    ['users here', request, { vus: 2 }],
    ['connections here', request, { connections: 2 }],
    ['an open run of a function', work, { rate: 100 }],
    ['users of a function', work, { vus: 2 }],
  ])('%s', async (_, target, howMuch) => {
    const options = { ...howMuch, duration: 200, warmup: 50 }
    vi.useFakeTimers({ now: 0, toFake: [...everything] })
    expectWhole(await load(target(), options), options)
    vi.useRealTimers()

    const running = load(target(), options)
    await sleep(150)
    vi.useFakeTimers({ now: 0, toFake: [...everything] })
    expectWhole(await running, options)
  })
})
