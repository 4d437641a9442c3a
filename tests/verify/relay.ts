// What a relay costs: the time that it adds to a small answer, and the CPU that it takes for one.
import { fileURLToPath } from 'node:url'
import type { LoadOptions } from '../../src/core/load-options.ts'
import type { Run } from '../../src/core/run.ts'
import { Series } from '../../src/core/series.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const cwd = fileURLToPath(new URL('../support/servers/', import.meta.url))

interface Pair {
  readonly direct: Run
  readonly relayed: Run
}

export const relayLines: readonly Line[] = [
  {
    name: 'relay-latency',
    promise: 'a relay adds at most 0.2 ms to the p50 of small answers at 500/s (median of 7 rounds)',
    async measure() {
      const pairs = await repeat(7, () => sideBySide({ rate: 500, duration: 4000 }))
      const added = spreadOf(pairs.map(({ direct, relayed }) => relayed.serviceTime.p50 - direct.serviceTime.p50))
      const alone = spreadOf(pairs.map(({ direct }) => direct.serviceTime.p50))
      const words = ({ median, least, most }: typeof added) =>
        `${median.toFixed(3)} ms (${least.toFixed(3)} to ${most.toFixed(3)})`
      return { holds: added.median <= 0.2, figures: `p50 ${words(alone)} without, ${words(added)} more with it` }
    },
  },
  {
    name: 'relay-cost',
    promise: 'a relay costs at most 40 us of CPU for a small request at 2,000/s (median of 7 rounds)',
    async measure() {
      const pairs = await repeat(7, () => sideBySide({ rate: 2000, duration: 4000 }))
      const alone = spreadOf(pairs.map(({ direct }) => microsPerRequest(direct)))
      const cost = spreadOf(pairs.map(({ direct, relayed }) => microsPerRequest(relayed) - microsPerRequest(direct)))
      return {
        holds: cost.median <= 40,
        figures: `${describeSpread(alone, 'us without')}, ${describeSpread(cost, 'us more in the process that loads')}`,
      }
    },
  },
]

/** Of the process that sends, in whose threads the relay runs as well. */
function microsPerRequest({ usage, throughput }: Run): number {
  const { cpu } = usage.generator.series
  return cpu ? (new Series(cpu).mean * 1e4) / throughput : Number.NaN
}

/** One after the other on servers of their own: what both have in common is the machine. */
async function sideBySide(options: LoadOptions): Promise<Pair> {
  return { direct: await measure(options, false), relayed: await measure(options, true) }
}

async function measure(options: LoadOptions, relay: boolean): Promise<Run> {
  await using server = await serve('node counting-server.ts', { cwd, relay, ready: '/' })
  return await load(`${server.url}/x`, { warmup: 1000, ...options })
}
