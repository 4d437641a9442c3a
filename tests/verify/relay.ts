// What a relay costs: the time that it adds to a small answer, and the CPU that it takes for one.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoadOptions } from '../../src/core/load-options.ts'
import type { Run } from '../../src/core/run.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { bareRelayName, startBareRelay } from './bare-relay.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const command = 'node counting-server.ts'
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
    promise:
      'for small requests at 2,000/s the thread of a relay takes at most 1.5 times the CPU of one that pipes two sockets into each other (median of 7 rounds in turn)',
    async measure() {
      const rounds = await repeat(7, async () => ({ bare: await bareCost(), ours: await relayCost() }))
      const ratio = spreadOf(rounds.map(({ bare, ours }) => ours / bare))
      const micros = (values: number[]) => describeSpread(spreadOf(values), 'us a request')
      return {
        holds: ratio.median <= 1.5,
        figures: [
          `${ratio.median.toFixed(2)} times (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
          `piped sockets ${micros(rounds.map(({ bare }) => bare))}`,
          `the relay ${micros(rounds.map(({ ours }) => ours))}`,
        ].join('; '),
      }
    },
  },
]

const costly = { rate: 2000, warmup: 2000, duration: 6000 } as const

async function bareCost(): Promise<number> {
  await using server = await serve(command, { cwd, ready: '/' })
  await using relay = await startBareRelay(server.port)
  return await threadCost(bareRelayName, `http://127.0.0.1:${relay.port}/x`)
}

async function relayCost(): Promise<number> {
  await using server = await serve(command, { cwd, relay: true, ready: '/' })
  return await threadCost('vitest-load relay', `${server.url}/x`)
}

/** CPU of the threads of that name for a request, in us. */
async function threadCost(name: string, url: string): Promise<number> {
  const before = threadTime(name)
  const { iterations, warmup } = await load(url, costly)
  return (threadTime(name) - before) / 1000 / (iterations.ok + warmup.iterations.ok)
}

/** Time on a CPU so far, in ns, as the scheduler counts it. It knows the first 15 characters of a name. */
function threadTime(name: string): number {
  const threads = readdirSync('/proc/self/task').map((thread) => `/proc/self/task/${thread}`)
  const found = threads.filter((thread) => readFileSync(`${thread}/comm`, 'utf8').trim() === name.slice(0, 15))
  if (found.length !== 1) throw new Error(`${found.length} threads are called '${name}'`)
  return Number(readFileSync(`${found[0]}/schedstat`, 'utf8').split(' ')[0])
}

/** One after the other on servers of their own: what both have in common is the machine. */
async function sideBySide(options: LoadOptions): Promise<Pair> {
  return { direct: await measure(options, false), relayed: await measure(options, true) }
}

async function measure(options: LoadOptions, relay: boolean): Promise<Run> {
  await using server = await serve(command, { cwd, relay, ready: '/' })
  return await load(`${server.url}/x`, { warmup: 1000, ...options })
}
