// The usage sampler against processes whose use of the machine is known.
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serve } from '../../src/engine/serve.ts'
import { monitorProcesses, type ProcessMonitor, type ProcessSample } from '../../src/monitor/process-usage.ts'
import type { Server } from '../../src/processes/server.ts'

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
    const before = { ...(await ask()), at: performance.now() }
    await sleep(2000)
    await monitor.sample()
    const truth = (100 * ((await ask()).spent - before.spent)) / (performance.now() - before.at)

    expect(samples).toHaveLength(1)
    const [sample] = samples as [ProcessSample]
    // Enough that a sample of 0 would be wrong, however busy this machine is.
    expect(truth).toBeGreaterThan(15)
    expect(Math.abs(cpuOf(sample) - truth)).toBeLessThan(15)
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
    while (performance.now() - started < 1500) spent += Number(await (await fetch(server.url)).text())
    await monitor.sample()
    const truth = (100 * spent) / (performance.now() - started)
    const [sample] = samples as [ProcessSample]
    expect(truth).toBeGreaterThan(15)
    // More by the start of each child, of which the child itself knows nothing.
    expect(cpuOf(sample)).toBeGreaterThan(0.8 * truth)
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
