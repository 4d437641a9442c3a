// What a process reads of itself.
import { type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Reading } from '../../../src/agent/message.ts'
import { hostTime, type Observation, observe } from '../../../src/agent/observation.ts'

let observation: Observation | undefined

afterEach(() => {
  vi.useRealTimers()
  observation?.end()
})

function block(time: number): void {
  const end = hostTime() + time
  while (hostTime() < end);
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

describe('an observation', () => {
  it('that was long enough has a last reading, of all that happened', async () => {
    const start = hostTime()
    observation = observe(() => {})
    await sleep(60)
    block(120)
    await sleep(30)
    const last = observation.end() as Reading
    expect(last.at).toBeGreaterThan(start + 200)
    expect(last.at).toBeLessThanOrEqual(hostTime())
    expect(last.values.longestBlock).toBeGreaterThanOrEqual(100)
    expect(last.values.loopDelay).toBeLessThanOrEqual(last.values.longestBlock)
    expect(last.values.loopBusy).toBeGreaterThan(0.1)
    expect(last.values.loopBusy).toBeLessThanOrEqual(1)
    const { heapUsed, heapTotal, external } = process.memoryUsage()
    expect(last.values.heapUsed / heapUsed).toBeGreaterThan(0.5)
    expect(last.values.heapTotal / heapTotal).toBeGreaterThan(0.5)
    expect(last.values.external / external).toBeGreaterThan(0.5)
    const counted = Object.values(last.handleTypes).reduce((sum, count) => sum + count, 0)
    expect(last.values.handles).toBe(counted)
  })

  it('that was shorter has none', () => {
    observation = observe(() => {})
    expect(observation.end()).toBeUndefined()
  })

  it('sees also what holds the loop up from its first moment on', async () => {
    observation = observe(() => {})
    block(150)
    expect(observation.end()?.values.longestBlock).toBeGreaterThanOrEqual(130)
    observation = observe(() => {})
    block(150)
    await sleep(40)
    const { loopDelay = 0, longestBlock = 0 } = observation.end()?.values ?? {}
    expect(longestBlock).toBeGreaterThanOrEqual(130)
    expect(loopDelay).toBeGreaterThanOrEqual(130)
  })

  it('sees also what holds the loop up right after a reading', async () => {
    let read = false
    observation = observe(() => {
      read = true
      block(150)
    })
    const start = hostTime()
    while (!read && hostTime() - start < 20_000) await sleep(5)
    await sleep(40)
    expect(observation.end()?.values.longestBlock).toBeGreaterThanOrEqual(130)
  })

  it('says how late a timer would have been that is due at any time, not only its own', async () => {
    observation = observe(() => {})
    const start = hostTime()
    for (let round = 0; round < 3; round++) {
      await sleep(150)
      block(150)
    }
    await sleep(30)
    const { loopDelay = 0, longestBlock = 0 } = observation.end()?.values ?? {}
    expect(loopDelay).toBeGreaterThanOrEqual(longestBlock - (hostTime() - start) / 100)
  })

  it('leaves out what the process does for its owner, and keeps what was before', async () => {
    observation = observe(() => {})
    using collections = seenCollections()
    await sleep(30)
    block(150)
    await sleep(30)
    const from = performance.now()
    await observation.without(async () => {
      for (let round = 0; round < 5; round++) collect()
      block(400)
    })
    const until = performance.now()
    await sleep(60)
    const { loopDelay = 0, longestBlock = 0, gcPause = 0, loopBusy = 1 } = observation.end()?.values ?? {}
    expect(longestBlock).toBeGreaterThanOrEqual(100)
    expect(longestBlock).toBeLessThan(400)
    expect(loopDelay).toBeLessThan(400)
    // Those of this process itself remain.
    const own = collections.entries.filter(({ startTime }) => startTime < from || startTime > until)
    expect(collections.entries.length).toBeGreaterThanOrEqual(own.length + 5)
    expect(gcPause).toBeLessThanOrEqual(Math.max(0, ...own.map(({ duration }) => duration)) + 0.01)
    expect(loopBusy).toBeLessThan(0.9)
  })

  it('reads once a second, on clocks that nobody can fake, until its end', async () => {
    vi.useFakeTimers()
    const readings: Reading[] = []
    const start = hostTime()
    observation = observe((reading) => readings.push(reading))
    while (readings.length === 0 && hostTime() - start < 20_000) await sleep(20)
    expect(hostTime() - start).toBeGreaterThan(900)
    expect(readings).toHaveLength(1)
    observation.end()
    await sleep(1100)
    expect(readings).toHaveLength(1)
  })
})

/** All garbage collections of this process, as Node tells them. */
function seenCollections(): { readonly entries: PerformanceEntry[] } & Disposable {
  const entries: PerformanceEntry[] = []
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  return { entries, [Symbol.dispose]: () => observer.disconnect() }
}
