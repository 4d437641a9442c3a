// What a request costs the load generator, closed and at a rate.
import { againstServer } from './against-server.ts'
import { runGenerator } from './child.ts'
import { type Comparison, type Contestant, figure } from './comparison.ts'
import { runAb } from './tools/ab.ts'
import { runArtillery } from './tools/artillery.ts'
import { runK6 } from './tools/k6.ts'
import { runWrk } from './tools/wrk.ts'

const window = { warmup: 1000, duration: 2000 }
/** At a rate the compiler of V8 takes longer to have seen enough; its threads are part of the CPU time. */
const pacedWindow = { warmup: 4500, duration: 3000 }

const columns = [
  { key: 'cpu', title: 'CPU µs per request', digits: 1 },
  { key: 'rate', title: 'requests/s', digits: 0 },
] as const

export const costComparisons: readonly Comparison[] = [...[10, 100].map(saturating), ...[1000, 5000, 20_000].map(paced)]

function saturating(connections: number): Comparison {
  const order = { connections, ...window }
  const own = (name: string, generator: string) =>
    againstServer({ name, run: (url) => runGenerator(generator, { url, ...order }) })
  const ours = (kind: 'connections' | 'vus') =>
    againstServer({
      name: `ours: ${kind}`,
      run: (url) => runGenerator('ours', { url, options: { [kind]: connections, ...window } }),
    })
  return {
    name: `cost-${connections}`,
    title: `CPU per request, ${connections} connections, as fast as they go`,
    method:
      'A bare keep-alive server on `node:net` that answers 12 bytes. Generators in Node read their own CPU time, all ' +
      'threads, over 2 s after 1 s of warm-up; of the other tools it is that of the whole process, of k6 and Artillery ' +
      'less that of a run of one request. Ours is the engine in its worker thread with everything it records.',
    contestants: [
      ours('connections'),
      own('bare autocannon', 'autocannon'),
      ours('vus'),
      own('bare undici.dispatch', 'dispatch'),
      own('undici.request', 'request'),
      own('fetch', 'fetch'),
      ...tools(connections),
    ],
    columns,
    ratio: { key: 'cpu', to: 'bare autocannon', title: '× bare autocannon' },
    bounds: [
      bound({ of: 'ours: connections', to: 'bare autocannon', atMost: 1.1 }),
      bound({ of: 'ours: vus', to: 'bare undici.dispatch', atMost: 1.15 }),
    ],
  }
}

function tools(connections: number): Contestant[] {
  return [
    { name: 'wrk', run: runWrk },
    { name: 'ab', run: runAb },
    { name: 'k6', run: runK6 },
    { name: 'artillery', run: runArtillery },
  ].map(({ name, run }) =>
    againstServer({ name, tool: name, run: (url) => run({ url, connections, warmup: 0, duration: window.duration }) }),
  )
}

/** How full each wake-up of the generator is decides what a request costs: so the bare one keeps the same pace. */
function paced(rate: number): Comparison {
  return {
    name: `cost-paced-${rate}`,
    title: `CPU per request at ${rate.toLocaleString('en')}/s`,
    method:
      'The same server, over 3 s after 4.5 s of warm-up. Bare undici looks every millisecond what is due, as ours does, ' +
      'takes a free client or makes one, and measures nothing.',
    contestants: [
      againstServer({
        name: 'ours: rate',
        run: (url) => runGenerator('ours', { url, options: { rate, ...pacedWindow } }),
      }),
      againstServer({
        name: 'bare undici.dispatch',
        run: (url) => runGenerator('paced-dispatch', { url, rate, ...pacedWindow }),
      }),
    ],
    columns,
    ratio: { key: 'cpu', to: 'bare undici.dispatch', title: '× bare undici.dispatch' },
    bounds: [bound({ of: 'ours: rate', to: 'bare undici.dispatch', atMost: 1.15 })],
  }
}

function bound({ of, to, atMost }: { of: string; to: string; atMost: number }) {
  return {
    words: `CPU per request of ${of} ÷ ${to}`,
    atMost,
    digits: 2,
    value: (round: Parameters<typeof figure>[0]) => figure(round, of, 'cpu') / figure(round, to, 'cpu'),
  }
}
