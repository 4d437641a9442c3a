// How evenly requests arrive at the server that were asked for at a rate.
import { type Attempt, againstServer } from './against-server.ts'
import { paceOf } from './arrival-times.ts'
import { runGenerator } from './child.ts'
import { type Bound, type Comparison, figure } from './comparison.ts'
import { runArtillery } from './tools/artillery.ts'
import { runK6 } from './tools/k6.ts'

/**
 * Until the compiler of V8 has done its work, in the server as in the generators: with 1.5 s, 5,000/s was late by two
 * and a half times as much as with 4.5 s, whoever sent it. Not a whole number of seconds: bursts that come once a second
 * must not lie on the edge of the window.
 */
const warmup = 4500
const duration = 3000
/** Everybody goes on for a while after the window. */
const after = 500
const connections = 50
const name = 'ours: rate'
/** On one core the compiler and the garbage collector of V8, threads of their own, take turns with the one that sends. */
const free = { isPinned: false }

export const pacingComparisons: readonly Comparison[] = [1000, 5000, 20_000].map(pacing)

function pacing(rate: number): Comparison {
  const whole = { connections, rate, warmup: 0, duration: warmup + duration + after }
  const contestants: Attempt[] = [
    { name, run: (url) => runGenerator('ours', { url, options: { rate, warmup, duration: duration + after } }, free) },
    {
      name: 'autocannon, overallRate',
      run: (url) => runGenerator('autocannon-report', { ...whole, url, ignoreCoordinatedOmission: true }, free),
    },
    { name: 'bare undici.dispatch, 1 ms tick', run: (url) => runGenerator('paced-dispatch', { ...whole, url }, free) },
    { name: 'k6, constant-arrival-rate', tool: 'k6', run: (url) => runK6({ ...whole, url }) },
    { name: 'artillery, arrivalRate', tool: 'artillery', run: (url) => runArtillery({ ...whole, url }) },
  ]
  return {
    name: `pacing-${rate}`,
    title: `Pacing at ${rate.toLocaleString('en')}/s`,
    method:
      'The server notes when each request arrives; a window of 3 s, 4.5 s after the first. Lateness is that behind an ' +
      'even grid laid so that nothing is early, so the server’s own delays are in it. Neither server nor generators in ' +
      'Node are held to one core here. Own lag: the p99 of what ours says of itself.',
    contestants: contestants.map((attempt) =>
      againstServer({
        ...attempt,
        ...free,
        async run(url, server) {
          const { lag } = await attempt.run(url, server)
          const pace = paceOf(await server.arrivals(), { rate, from: warmup, duration })
          return { ...pace, ...(lag === undefined ? {} : { lag }) }
        },
      }),
    ),
    columns: [
      { key: 'rate', title: 'reached/s', digits: 1 },
      { key: 'late50', title: 'late p50 ms', digits: 2 },
      { key: 'late99', title: 'late p99 ms', digits: 2 },
      { key: 'lateMax', title: 'late max ms', digits: 1 },
      { key: 'fullest', title: 'fullest 10 ms × mean', digits: 2 },
      { key: 'lag', title: 'own lag p99 ms', digits: 2 },
    ],
    truth: { name: 'asked', sample: { rate, late50: 0, late99: 0, lateMax: 0, fullest: 1 } },
    ratio: { key: 'rate', to: 'asked', title: '× asked rate' },
    bounds: bounds(rate),
  }
}

function bounds(rate: number): Bound[] {
  return [
    {
      words: 'rate off by, %',
      atMost: 0.2,
      digits: 3,
      value: (round) => 100 * Math.abs(figure(round, name, 'rate') / rate - 1),
    },
    { words: 'late p99 by our own lag, ms', atMost: 2.5, digits: 2, value: (round) => figure(round, name, 'lag') },
    {
      words: 'late p99 as the server sees it, ms',
      atMost: 2.5,
      digits: 2,
      value: (round) => figure(round, name, 'late99'),
    },
    {
      words: 'fullest 10 ms over the mean',
      atMost: 2,
      digits: 2,
      value: (round) => figure(round, name, 'fullest'),
    },
  ]
}
