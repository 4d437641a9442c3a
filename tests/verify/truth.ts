// A server of known delays, 1 to 20 or to 1000 ms, with a log of its own: what we measure is what it did.
import { http } from '../../src/core/http-request.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { load } from '../../src/engine/load.ts'
import { startTruthServer, truePercentile } from '../support/truth-server.ts'
import { repeat } from './rounds.ts'
import type { Line } from './verify.ts'

const shapes: Record<string, LoadOptions> = {
  rate: { rate: 150, duration: '8s' },
  vus: { vus: 30, duration: '8s' },
  connections: { connections: 30, duration: '8s' },
}
/** The longest delays in ms: with short ones the whole millisecond that is allowed is in question. */
const scales = [20, 1000]

const cases = Object.entries(shapes).flatMap(([name, options]) => scales.map((longest) => ({ name, options, longest })))

export const truthLines: readonly Line[] = cases.map(({ name, options, longest }) => ({
  name: `truth-${name}-${longest}`,
  promise:
    'service time p50, p95, p99 within max(1 ms, 2 %) of the server’s own log, latency within that plus the lag, counts equal (median of 5 runs)',
  async measure() {
    const rounds = await repeat(5, () => compare(options, longest))
    const worst = rounds.map(({ off }) => off).sort((a, b) => a - b)[2] as number
    const counted = rounds.every(({ counts }) => counts)
    const all = rounds.map(({ off }) => off.toFixed(2)).join(', ')
    return {
      holds: worst <= 1 && counted,
      figures: `largest deviation as a share of what is allowed: ${all}; counts equal: ${counted}`,
    }
  },
}))

async function compare(options: LoadOptions, longest: number): Promise<{ off: number; counts: boolean }> {
  await using server = await startTruthServer(20_260_101, longest)
  const target = http.get(server.url, { headers: (iteration) => ({ 'x-iteration': String(iteration) }) })
  const run = await load(target, options)
  const served = (await server.log()).filter(({ iteration }) => iteration !== undefined)
  const times = served.map(({ arrived, answered }) => answered - arrived)
  const lag = run.model === 'open' ? run.lag.p99 : 0
  const offs = [0.5, 0.95, 0.99].flatMap((q) => {
    const truth = truePercentile(times, q)
    const allowed = Math.max(1, 0.02 * truth)
    return [
      Math.abs(run.serviceTime.percentile(q) - truth) / allowed,
      Math.abs(run.latency.percentile(q) - truth) / (allowed + lag),
    ]
  })
  return {
    off: Math.max(...offs),
    counts: served.length === run.iterations.ok && run.iterations.scheduled === run.iterations.ok,
  }
}
