// The usage sampler against processes whose use of the machine is known.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, statfsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { serve } from '../../src/engine/serve.ts'
import type { Reading } from '../../src/monitor/cpu-time.ts'
import { refusedDisk } from '../../src/monitor/proc-files.ts'
import { openProcessReader } from '../../src/monitor/process-reader.ts'
import { monitorProcesses, type ProcessMonitor, type ProcessSample } from '../../src/monitor/process-usage.ts'
import type { Server } from '../../src/processes/server.ts'

const run = promisify(execFile)
const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const never = (): (() => void) => () => {}
let server: Server
let monitor: ProcessMonitor

afterEach(async () => {
  vi.useRealTimers()
  await monitor?.stop()
  await server?.kill()
})

describe('monitorProcesses', () => {
  it('measures CPU and memory of a tree', async () => {
    server = await serve('node serve-burner.ts', { cwd: directory })
    const samples: ProcessSample[] = []
    const ask = async (): Promise<{ pids: number[]; spent: number }> => (await fetch(server.url)).json() as never
    await ask()
    monitor = monitorProcesses(() => [server], { onSample: (sample) => samples.push(sample), every: never })
    await monitor.sample()
    const before = await ask()
    const begin = performance.now()
    // However busy this machine is: so much that no rounding, and no moment between sample and question, matters.
    while ((await ask()).spent - before.spent < 800) await sleep(100)
    await monitor.sample()
    const truth = (await ask()).spent - before.spent
    const passed = performance.now() - begin

    expect(samples).toHaveLength(1)
    const [sample] = samples as [ProcessSample]
    expect((cpuOf(sample) * passed) / 100 / truth).toBeGreaterThan(0.75)
    expect((cpuOf(sample) * passed) / 100 / truth).toBeLessThan(1.4)
    expect(sample).toMatchObject({ name: server.name, pid: server.pid, processes: 2 })
    const resident = before.pids.reduce((sum, pid) => sum + residentBytes(pid), 0)
    expect(memoryOf(sample) / resident).toBeGreaterThan(0.9)
    expect(memoryOf(sample) / resident).toBeLessThan(1.1)
  })

  it('counts the CPU time of children that live shorter than a round', async () => {
    server = await serve('node serve-brief-children.ts', { cwd: directory })
    const samples: ProcessSample[] = []
    monitor = monitorProcesses(() => [server], { onSample: (sample) => samples.push(sample), every: never })
    await monitor.sample()
    const started = performance.now()
    let spent = 0
    while (spent < 500) spent += Number(await (await fetch(server.url)).text())
    await monitor.sample()
    const passed = performance.now() - started
    const [sample] = samples as [ProcessSample]
    // More by the start of each child, of which the child itself knows nothing.
    expect((cpuOf(sample) * passed) / 100).toBeGreaterThan(0.8 * spent)
    expect(cpuOf(sample)).toBeLessThan(200)
  })

  it('takes no notice of fake timers', async () => {
    vi.useFakeTimers()
    const samples: ProcessSample[] = []
    const itself = { name: 'itself', pid: process.pid }
    const started = performance.now()
    monitor = monitorProcesses(() => [itself], { interval: 250, onSample: (sample) => samples.push(sample) })
    while (samples.length === 0 && performance.now() - started < 10_000) await sleep(50)
    expect(cpuOf(samples[0] as ProcessSample)).toBeGreaterThanOrEqual(0)
    expect(memoryOf(samples[0] as ProcessSample)).toBeGreaterThan(1e6)
    expect(samples[0]?.at).toBeGreaterThan(started)
  })

  it('samples by its interval, one at a time, and not after its end', async () => {
    server = await serve('node serve-plain.ts', { cwd: directory })
    const samples: ProcessSample[] = []
    monitor = monitorProcesses(() => [server], { interval: 250, onSample: (sample) => samples.push(sample) })
    await Promise.all([monitor.sample(), monitor.sample(), monitor.sample()])
    expect(samples).toHaveLength(0)
    await sleep(1000)
    await monitor.stop()
    const count = samples.length
    expect(count).toBeGreaterThanOrEqual(1)
    expect(count).toBeLessThanOrEqual(4)
    await sleep(300)
    expect(samples).toHaveLength(count)
  })

  it('gives no sample after its end, not even of a round under way', async () => {
    let ticking = true
    let heard = 0
    const every = (): (() => void) => () => {
      ticking = false
    }
    monitor = monitorProcesses(() => [{ name: 'itself', pid: process.pid }], { every, onSample: () => heard++ })
    await monitor.sample()
    await sleep(250)
    const underWay = monitor.sample()
    await monitor.stop()
    await underWay
    expect({ ticking, heard }).toEqual({ ticking: false, heard: 0 })
  })

  it('starts with a base line for a target that is older than its first round', async () => {
    const samples: ProcessSample[] = []
    const targets: { name: string; pid: number }[] = []
    monitor = monitorProcesses(() => targets, { every: never, onSample: (sample) => samples.push(sample) })
    await monitor.sample()
    targets.push({ name: 'itself', pid: process.pid })
    await sleep(250)
    await monitor.sample()
    expect(samples).toHaveLength(0)
    await sleep(250)
    await monitor.sample()
    expect(samples).toHaveLength(1)
  })

  it('has no sample of what is gone, and goes on with the others', async () => {
    server = await serve('node serve-plain.ts', { cwd: directory })
    const samples: ProcessSample[] = []
    const itself = { name: 'itself', pid: process.pid }
    monitor = monitorProcesses(() => [server, itself], { onSample: (sample) => samples.push(sample), every: never })
    await monitor.sample()
    await sleep(250)
    await monitor.sample()
    expect(samples.map((sample) => sample.name)).toEqual([server.name, 'itself'])
    await server.kill()
    await sleep(250)
    await monitor.sample()
    expect(samples.slice(2).map((sample) => sample.name)).toEqual(['itself'])
    expect(samples.every((sample) => memoryOf(sample) > 1e6)).toBe(true)
  })

  it('outlives targets that cannot be told and listeners that throw', async () => {
    let rounds = 0
    let heard = 0
    const targets = (): { name: string; pid: number }[] => {
      if (++rounds === 2) throw new Error('no targets')
      return [{ name: 'itself', pid: process.pid }]
    }
    const onSample = (): void => {
      heard++
      throw new Error('no listener')
    }
    monitor = monitorProcesses(targets, { every: never, onSample })
    for (let round = 0; round < 4; round++) {
      await monitor.sample()
      await sleep(220)
    }
    expect({ rounds, heard }).toEqual({ rounds: 4, heard: 2 })
  })
})

describe('of a tree with three children', () => {
  const samples: ProcessSample[] = []
  const ask = async (path = '/'): Promise<unknown> => (await fetch(server.url + path)).json()
  const sampleAfter = async (order: string): Promise<ProcessSample> => {
    await ask(order)
    await sleep(250)
    await monitor.sample()
    return samples.at(-1) as ProcessSample
  }

  beforeEach(async () => {
    samples.length = 0
    server = await serve('node serve-known-use.ts', { cwd: directory })
    await ask()
    monitor = monitorProcesses(() => [server], { onSample: (sample) => samples.push(sample), every: never })
    await monitor.sample()
  })

  it('sums CPU and memory, also when one of them has ended', async () => {
    const before = (await ask()) as KnownUse
    const begin = performance.now()
    while (((await ask()) as KnownUse).spent - before.spent < 800) await sleep(100)
    await monitor.sample()
    const truth = ((await ask()) as KnownUse).spent - before.spent
    const passed = performance.now() - begin
    const [sample] = samples as [ProcessSample]
    expect((cpuOf(sample) * passed) / 100 / truth).toBeGreaterThan(0.75)
    expect((cpuOf(sample) * passed) / 100 / truth).toBeLessThan(1.4)
    expect(sample).toMatchObject({ processes: 4, unseen: [] })
    expect(memoryOf(sample) / before.pids.reduce((sum, pid) => sum + residentBytes(pid), 0)).toBeCloseTo(1, 0)

    // The CPU time of one that ended was counted while it ran: its parent's taking it over is no CPU time again.
    const rest = await sampleAfter('/end')
    expect(rest.processes).toBe(3)
    expect(cpuOf(rest)).toBeLessThan(200)
    expect(memoryOf(rest)).toBeLessThan(memoryOf(sample))
  })

  it('counts threads and open files', async () => {
    const plain = await sampleAfter('/')
    const [threads, openFiles] = [Number(plain.values.threads), Number(plain.values.openFiles)]
    // Each Node has more than one thread, and more than its standard streams open.
    expect(threads).toBeGreaterThan(4)
    expect(openFiles).toBeGreaterThan(4 * 3)
    const filed = Number((await sampleAfter('/files')).values.openFiles)
    expect(filed - openFiles).toBeGreaterThanOrEqual(50)
    expect(filed - openFiles).toBeLessThan(60)
    // A process may start threads of its own for what it does.
    const threaded = Number((await sampleAfter('/threads')).values.threads)
    expect(threaded - threads).toBeGreaterThanOrEqual(3)
    expect(threaded - threads).toBeLessThan(3 + 6)
  })

  it('counts what goes to the disk, once', async () => {
    const folder = await mkdtemp(join(diskFolder(), 'disk-'))
    try {
      const before = await sampleAfter('/')
      const bytes = Number(await ask(`/write?path=${encodeURIComponent(join(folder, 'written'))}`))
      const after = await sampleAfter('/')
      const written = (Number(after.values.diskWrite) * (after.at - before.at)) / 1000
      expect(bytes).toBe(32 * 2 ** 20)
      expect(written / bytes).toBeGreaterThan(0.95)
      expect(written / bytes).toBeLessThan(1.3)
      expect(after.values.diskRead).toBeGreaterThanOrEqual(0)
      // Its parent has all of it among its own now.
      const rest = await sampleAfter('/end')
      expect((Number(rest.values.diskWrite) * (rest.at - after.at)) / 1000).toBeLessThan(bytes / 8)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('keeps files open for those that run, and none in the end', async () => {
    const filesEach = 3
    expect(heldFiles()).toBe(4 * filesEach)
    await sampleAfter('/')
    expect(heldFiles()).toBe(4 * filesEach)
    await sampleAfter('/end')
    expect(heldFiles()).toBe(3 * filesEach)
    await monitor.stop()
    expect(heldFiles()).toBe(0)
  })
})

it('lacks a sample, and nothing else, while no file descriptor is left', async () => {
  const script = fileURLToPath(new URL('../support/starved-monitor.ts', import.meta.url))
  const shell = 'ulimit -n 128 && exec "$0" "$1"'
  const { stdout } = await run('sh', ['-c', shell, process.execPath, script], { timeout: 30_000 })
  const fresh = [0, 1, 2].map((free) => ({ free, known: false, starved: 0, fed: 1 }))
  // Three are enough for a base line; what was known before goes on from there.
  const known = { free: 3, known: false, starved: 0, fed: 2 }
  expect(JSON.parse(stdout)).toEqual([...fresh, known, { free: 0, known: true, starved: 0, fed: 2 }])
})

it('says what another user may not see', async () => {
  const script = fileURLToPath(new URL('../support/read-process.ts', import.meta.url))
  const isRoot = process.getuid?.() === 0
  const nobody = 65_534
  // Root reads everything: as nobody, one of root's. Whoever else runs this reads the first process, which may be its own.
  const [pid, user] = isRoot ? [process.pid, { uid: nobody, gid: nobody }] : [1, {}]
  const { stdout } = await run(process.execPath, [script, String(pid)], { ...user, timeout: 30_000 })
  const reading = JSON.parse(stdout)
  const refused = isRoot || isClosed('/proc/1/io')
  expect(reading.memory).toBeGreaterThan(1e5)
  expect(reading.unseen.includes(refusedDisk)).toBe(refused)
  expect(typeof reading.diskWrite).toBe(refused ? 'undefined' : 'number')
})

it('reads CPU time and memory by pidusage as well, and says what that does not tell', async () => {
  server = await serve('node serve-plain.ts', { cwd: directory })
  const [own, other] = [openProcessReader('linux'), openProcessReader('darwin')]
  const pids = [server.pid, 2 ** 23]
  const [ours, theirs] = await Promise.all([own.read(pids), other.read(pids)])
  own.close()
  other.close()
  expect([...ours.keys()]).toEqual([server.pid])
  expect([...theirs.keys()]).toEqual([server.pid])
  const [a, b] = [ours.get(server.pid) as Reading, theirs.get(server.pid) as Reading]
  expect(b.memory / a.memory).toBeCloseTo(1, 0)
  expect(Math.abs(b.ctime - a.ctime)).toBeLessThan(500)
  expect(Math.abs(b.elapsed - a.elapsed)).toBeLessThan(2000)
  expect(b.threads).toBeUndefined()
  expect(b.unseen).toEqual(['its threads, open files, disk reads and writes: darwin does not tell them'])
})

interface KnownUse {
  readonly pids: readonly number[]
  readonly spent: number
}

/** On a disk: what is written to memory alone is not counted. */
function diskFolder(): string {
  const inMemory = 0x01_02_19_94
  const folder = [tmpdir(), '/var/tmp', process.cwd()].find((path) => statfsSync(path).type !== inMemory)
  if (folder === undefined) throw new Error('no folder of this machine is on a disk: disk writes cannot be tested here')
  return folder
}

/** How many files of other processes in /proc this one has open. */
function heldFiles(): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return links.filter((link) => /^\/proc\/\d+\/(stat|statm|io|task\/\d+\/schedstat)$/.test(link)).length
}

function isClosed(path: string): boolean {
  try {
    return readFileSync(path, 'latin1') === ''
  } catch {
    return true
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
}

function cpuOf({ values }: ProcessSample): number {
  return values.cpu ?? Number.NaN
}

function memoryOf({ values }: ProcessSample): number {
  return values.memory ?? Number.NaN
}
