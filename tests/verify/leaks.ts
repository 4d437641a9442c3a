// Whether leaks of real servers are found and named, and none is seen where there is none.
import { fileURLToPath } from 'node:url'
import type { ServerLeak } from '../../src/core/leak.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import type { Line } from './verify.ts'

const server = fileURLToPath(new URL('../support/servers/serve-heap.ts', import.meta.url))
const runs = 20
/** What a person looks for, and where it was allocated. */
const culprits: Readonly<Record<string, readonly [name: RegExp, site: RegExp]>> = {
  array: [/^Order$/, /^rememberOrder$/],
  listeners: [/^(Object|\(anonymous function|Array|\(array\)|subscribe)/, /^subscribe$/],
  closures: [/^(onReply\(\)|Object|Map)/, /^keepHandler$/],
  timers: [/^Timeout$/, /^startTimer$/],
  sockets: [/^Socket$/, /^(openSocket|\(anonymous\))$/],
}
const innocents = ['lru', 'warmup', 'pool', 'sawtooth']

interface Seen {
  readonly leak: ServerLeak
  /** Until the load was over, in ms. */
  readonly took: number
}

/** All of these kinds under one load, each a server of its own. */
async function watch(kinds: readonly string[]): Promise<ReadonlyMap<string, Seen>> {
  const servers = await Promise.all(kinds.map((kind) => serve(['node', server], { name: kind, env: { KIND: kind } })))
  try {
    const run = await load(
      servers.map(({ url }) => `${url}/`),
      { rate: 100 * kinds.length, duration: 16_000, warmup: 1000, leaks: { extension: '24s' }, profile: 'off' },
    )
    const leaks = run.data.leaks ?? []
    return new Map(leaks.map((leak) => [leak.server, { leak, took: run.duration }]))
  } finally {
    await Promise.all(servers.map((each) => each.stop()))
  }
}

export const leakLines: readonly Line[] = [
  {
    name: 'leaks-found',
    promise: `of ${runs} runs of servers with an array per request, listeners, closures in a Map, timers and unclosed sockets at least 19 find each within 60 s, with the culprit among the constructors and the sites`,
    async measure() {
      const kinds = Object.keys(culprits)
      const found = new Map(kinds.map((kind) => [kind, { leak: 0, named: 0, located: 0 }]))
      let longest = 0
      for (let run = 0; run < runs; run++) {
        const seen = await watch(kinds)
        for (const [kind, { leak, took }] of seen) {
          const sum = found.get(kind) as { leak: number; named: number; located: number }
          const [called, site] = culprits[kind] as readonly [RegExp, RegExp]
          longest = Math.max(longest, took)
          if (leak.verdict !== 'leak') continue
          sum.leak++
          if (leak.constructors.some(({ name }) => called.test(name))) sum.named++
          if (leak.sites.some(({ name }) => site.test(name))) sum.located++
        }
      }
      return {
        holds: [...found.values()].every(({ leak, named }) => leak >= 19 && named >= 19) && longest <= 60_000,
        figures: `${[...found].map(([kind, { leak, named, located }]) => `${kind}: found ${leak}, named ${named}, located ${located}`).join('; ')} of ${runs}; longest load ${(longest / 1000).toFixed(0)} s`,
      }
    },
  },
  {
    name: 'leaks-none',
    promise: `of ${runs} runs each of a filling LRU cache, functions being compiled, a pool of buffers and a sawtooth none is called a leak`,
    async measure() {
      const verdicts = new Map(innocents.map((kind) => [kind, [] as string[]]))
      for (let run = 0; run < runs; run++) {
        for (const [kind, { leak }] of await watch(innocents)) verdicts.get(kind)?.push(leak.verdict)
      }
      const count = (list: readonly string[], verdict: string) => list.filter((each) => each === verdict).length
      return {
        holds: [...verdicts.values()].every((list) => list.length === runs && !list.includes('leak')),
        figures: [...verdicts]
          .map(
            ([kind, list]) =>
              `${kind}: ${count(list, 'leak')} leak, ${count(list, 'no-leak')} none, ${count(list, 'inconclusive')} open`,
          )
          .join('; '),
      }
    },
  },
]
