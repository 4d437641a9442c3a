// What each tool reports of a server that stands still for a second.
import { againstServer } from './against-server.ts'
import { runGenerator } from './child.ts'
import type { Comparison } from './comparison.ts'
import { runAb } from './tools/ab.ts'
import { runArtillery } from './tools/artillery.ts'
import { runK6 } from './tools/k6.ts'
import { runWrk } from './tools/wrk.ts'

const duration = 10_000
const rate = 200
const connections = 10
/** At any phase of a second: a tool that sends in bursts, one a second, may or may not be hit by it. */
const freeze = { after: 3000, within: 1000, duration: 1000 }
const order = { connections, rate, warmup: 0, duration }

/** Of evenly spaced arrivals, P(latency > x) = (freeze - x) / duration. */
const exactly = (q: number) => Math.max(0, freeze.duration - (1 - q) * duration)

const ours = (options: object) => (url: string) =>
  runGenerator('ours', { url, options: { ...options, duration, warmup: 0 } })
const autocannon = (ignoreCoordinatedOmission: boolean) => (url: string) =>
  runGenerator('autocannon-report', { ...order, url, ignoreCoordinatedOmission })

export const freezeComparison: Comparison = {
  name: 'freeze',
  title: 'What is reported of a server that freezes for 1 s of 10 s',
  method:
    'The server stands still for 1 s, at a random moment 3 s to 4 s after its first request, and otherwise answers at once. The truth is that of ' +
    'users who come at 200/s whatever the server does: P(latency > x) = (1 s - x) / 10 s. Tools without a rate ' +
    'run as fast as they go on 10 connections: they answer another question, and their row says which. - : the tool does not say.',
  truth: {
    name: 'truth at 200/s',
    sample: { p50: exactly(0.5), p95: exactly(0.95), p99: exactly(0.99), max: freeze.duration },
  },
  contestants: [
    { name: 'ours: rate 200', run: ours({ rate }) },
    { name: 'ours: connections 10 (no rate)', run: ours({ connections }) },
    { name: 'autocannon, overallRate 200', run: autocannon(false) },
    { name: 'autocannon, overallRate 200, ignoreCoordinatedOmission', run: autocannon(true) },
    { name: 'wrk (no rate)', tool: 'wrk', run: (url: string) => runWrk({ ...order, url }) },
    { name: 'ab (no rate)', tool: 'ab', run: (url: string) => runAb({ ...order, url }) },
    { name: 'k6, constant-arrival-rate 200', tool: 'k6', run: (url: string) => runK6({ ...order, url }) },
    { name: 'artillery, arrivalRate 200', tool: 'artillery', run: (url: string) => runArtillery({ ...order, url }) },
  ].map((attempt) => againstServer({ ...attempt, freeze })),
  columns: ['p50', 'p95', 'p99', 'max'].map((key) => ({ key, title: `${key} ms`, digits: 1 })),
  ratio: { key: 'p99', to: 'truth at 200/s', title: 'p99 × truth' },
  bounds: [],
}
