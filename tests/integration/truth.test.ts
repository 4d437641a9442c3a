// What we measure of a server whose delays are known is what it did.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Distribution } from '../../src/core/distribution.ts'
import { http } from '../../src/core/http-request.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { driveHttp } from '../../src/drivers/http-driver.ts'
import { runDriver } from '../support/driver-run.ts'
import { machineTime, type ServedRequest, startTruthServer, truePercentile } from '../support/truth-server.ts'
import { delayOf } from '../support/truth-server-delays.ts'

const seed = 20_260_101

// All wait most of the time, so they run side by side. What this machine itself adds at worst is measured beside and allowed
// on top; `npm run verify` asks for the bare figures.
describe.concurrent('truth', () => {
  it('a stall of D = 1 s in T = 10 s at 200/s: P(latency > x) = (D - x) / T', { timeout: 30_000 }, async () => {
    await using server = await startTruthServer()
    using noise = watchNoise()
    const run = runDriver({ drive: driveHttp, target: server.url, options: { rate: 200, duration: '10s', warmup: 0 } })
    await sleep(3000)
    const begin = machineTime()
    server.freeze()
    await sleep(1000)
    server.thaw()
    const { iterations, latency, recording } = await run
    const served = await server.log()
    expect(iterations).toMatchObject({ scheduled: 2000, ok: 2000, dropped: 0 })
    expect(served.length).toBe(2000)
    expect(recording.lag.count).toBe(2000)
    // As long as it really was: until the server was running again.
    const frozen = Math.min(...served.map(({ answered }) => answered).filter((at) => at > begin + 1000)) - begin
    for (const q of [0.95, 0.99]) {
      const expected = frozen - (1 - q) * 10_000
      expect(Math.abs(latency.percentile(q) - expected), `p${q * 100}`).toBeLessThanOrEqual(
        0.05 * expected + noise.worst,
      )
    }
  })

  it.each<[string, LoadOptions]>([
    ['open', { rate: 150, duration: '5s' }],
    ['closed', { vus: 50, duration: '5s' }],
  ])(
    '%s: percentiles are those of the server’s own log, counts exactly',
    { timeout: 30_000 },
    async (model, options) => {
      await using server = await startTruthServer(seed)
      using noise = watchNoise()
      const target = http.get(server.url, { headers: (iteration) => ({ 'x-iteration': String(iteration) }) })
      const outcome = await runDriver({ drive: driveHttp, target, options: { warmup: '500ms', ...options } })
      const { iterations, recording, latency, serviceTime, balanced } = outcome
      const served = await server.log()

      expect(iterations).toEqual({ ...iterations, ok: iterations.scheduled, failed: 0, timedOut: 0, unfinished: 0 })
      const warmups = recording.warmup[0]?.iterations.ok ?? 0
      expect(served.length).toBe(iterations.ok + warmups)
      expect(new Set(served.map(({ iteration }) => iteration)).size).toBe(served.length)
      if (model === 'open') expect([warmups, iterations.ok]).toEqual([75, 750])
      expect(balanced).toBe(true)

      const measured = served.filter(({ iteration }) => (iteration as number) >= warmups)
      for (const { iteration, arrived, answered } of measured) {
        expect(answered - arrived).toBeGreaterThanOrEqual(delayOf(seed, iteration as number))
      }
      const heldUp = noise.worst + (await server.heldUp())
      const lag = model === 'open' ? new Distribution(recording.lag).p99 : 0
      expectTruth(serviceTime, measured, heldUp)
      expectTruth(latency, measured, heldUp + lag)
    },
  )
})

/** The longest that this process's event loop is held up, ms. */
function watchNoise(): { readonly worst: number } & Disposable {
  const loop = monitorEventLoopDelay({ resolution: 1 })
  loop.enable()
  return {
    get worst() {
      return loop.max / 1e6
    },
    [Symbol.dispose]: () => loop.disable(),
  }
}

/** Never less than the server's own time, and more by no more than is allowed. */
function expectTruth(measured: Distribution, served: readonly ServedRequest[], allowance: number): void {
  const truth = served.map(({ arrived, answered }) => answered - arrived)
  for (const q of [0.5, 0.95, 0.99]) {
    const expected = truePercentile(truth, q)
    const off = measured.percentile(q) - expected
    // 0.1 %: what a histogram of three digits rounds.
    expect(off, `p${q * 100} of ${expected} ms`).toBeGreaterThanOrEqual(-0.001 * expected)
    expect(off, `p${q * 100} of ${expected} ms`).toBeLessThanOrEqual(Math.max(1, 0.02 * expected) + allowance)
  }
}
