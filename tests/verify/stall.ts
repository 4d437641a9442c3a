// A frozen server has an exact answer: P(latency > x) = (D - x) / T for a freeze of D in a run of T at a fixed rate.
import { setTimeout as sleep } from 'node:timers/promises'
import { load } from '../../src/engine/load.ts'
import { startTruthServer } from '../support/truth-server.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const duration = 10_000

export const stallLines: readonly Line[] = [
  { rate: 200, freeze: 1000 },
  { rate: 500, freeze: 2000 },
].map(({ rate, freeze }) => ({
  name: `stall-${rate}`,
  promise: `${rate}/s, frozen ${freeze} ms of ${duration} ms: p95 and p99 within 5 % of the exact answer (median of 5 runs)`,
  async measure() {
    const runs = await repeat(5, () => stalled(rate, freeze))
    const percentiles = [0.95, 0.99].map((q) => {
      const exact = freeze - (1 - q) * duration
      const spread = spreadOf(runs.map((run) => run.latency.percentile(q)))
      const off = Math.abs(spread.median - exact) / exact
      return {
        holds: off <= 0.05,
        words: `p${q * 100} ${describeSpread(spread, 'ms')}, exact ${exact.toFixed(0)}, off ${(100 * off).toFixed(2)} %`,
      }
    })
    const counted = runs.every(({ iterations }) => iterations.ok === (rate * duration) / 1000)
    return {
      holds: counted && percentiles.every(({ holds }) => holds),
      figures: [...percentiles.map(({ words }) => words), `all ${(rate * duration) / 1000} ok: ${counted}`].join('; '),
    }
  },
}))

async function stalled(rate: number, freeze: number) {
  await using server = await startTruthServer()
  const run = load(server.url, { rate, duration, warmup: 0 })
  await sleep(3000)
  server.freeze()
  await sleep(freeze)
  server.thaw()
  return await run
}
