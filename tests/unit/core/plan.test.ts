// Every default of a load run, and every mistake that can be made in asking for one.
import { describe, expect, it } from 'vitest'
import { http } from '../../../src/core/http-request.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import { type Plan, planLoad, seriesOf } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import type { Target } from '../../../src/core/target.ts'

const url = 'http://127.0.0.1:3000/'
const day = 86_400_000

function plan(target: Target = url, options: LoadOptions = {}): Plan {
  return planLoad(target, options, defaultSettings)
}

describe('how much', () => {
  it('is 10 connections for 10 s when nothing is said', () => {
    expect(plan()).toMatchObject({
      name: 'GET /',
      executor: 'connections',
      model: 'closed',
      load: { kind: 'connections', pipelining: 1 },
      stages: [{ start: 0, end: 10_000, from: 10, to: 10 }],
      asked: { connections: 10, duration: 10_000 },
      duration: 10_000,
      warmup: 1000,
      timeout: 10_000,
      gracefulStop: 5000,
      limits: [],
      abortOnBreach: false,
      deadline: 1000 + 10_000 + 5000 + 5000,
    })
  })

  it('is 10 users for a function', () => {
    expect(plan(function shop() {})).toMatchObject({
      name: 'shop',
      executor: 'constant-vus',
      model: 'closed',
      load: { kind: 'vus' },
      asked: { vus: 10 },
      warmup: 0,
      timeout: Number.POSITIVE_INFINITY,
    })
    expect(plan(() => {}).name).toBe('function')
  })

  it('is so many requests with an amount, for as long as they take', () => {
    const { load, asked, duration, warmup } = plan(url, { connections: 4, amount: 1000 })
    expect(load).toEqual({ kind: 'connections', pipelining: 1, amount: 1000 })
    expect(asked).toEqual({ connections: 4, amount: 1000 })
    expect({ duration, warmup }).toEqual({ duration: 600_000, warmup: 0 })
  })

  it('is so many users with vus', () => {
    const { executor, load, asked } = plan(url, { vus: 3, duration: '2s' })
    expect(executor).toBe('constant-vus')
    expect(load).toEqual({ kind: 'vus' })
    expect(asked).toEqual({ vus: 3, duration: 2000 })
  })

  it.each<[LoadOptions, number, number]>([
    [{ rate: 200 }, 200, 2000],
    [{ rate: 30, per: '1m' }, 0.5, 5],
    [{ rate: 1, per: 500 }, 2, 20],
    [{ rate: 0.01 }, 0.01, 1],
    [{ rate: 5000 }, 5000, 10_000],
    [{ rate: 200, timeout: '1s' }, 200, 200],
    [{ rate: 200, maxVUs: 7 }, 200, 7],
  ])('%j is %d a second with at most %d at once', (options, rate, maxVUs) => {
    expect(plan(url, options)).toMatchObject({
      executor: 'constant-arrival-rate',
      model: 'open',
      load: { kind: 'rate', maxVUs, spacing: 'uniform' },
      stages: [{ from: rate, to: rate }],
      asked: { rate },
    })
  })

  it('bounds the users of an open run of a function as if it had the time-out of a request', () => {
    expect(plan(() => {}, { rate: 100 }).load).toMatchObject({ maxVUs: 1000 })
  })
})

describe('a fixed amount', () => {
  it('is shared by the users, however long it takes', () => {
    expect(plan(url, { vus: 5, iterations: 100 })).toMatchObject({
      executor: 'shared-iterations',
      load: { kind: 'vus', quota: { kind: 'shared', iterations: 100 } },
      stages: [{ from: 5, to: 5, end: 600_000 }],
      asked: { vus: 5, iterations: 100 },
      duration: 600_000,
      warmup: 0,
    })
    expect(plan(url, { iterations: 100 }).asked).toEqual({ vus: 10, iterations: 100 })
    expect(plan(url, { iterations: 3 }).asked).toEqual({ vus: 3, iterations: 3 })
  })

  it('in batches has as many users as a batch', () => {
    const { load, asked } = plan(() => {}, { iterations: 100, batch: 25 })
    expect(load).toEqual({ kind: 'vus', quota: { kind: 'shared', iterations: 100, batch: 25 } })
    expect(asked).toEqual({ vus: 25, iterations: 100, batch: 25 })
  })

  it('of each user', () => {
    expect(plan(url, { vus: 5, iterationsPerVu: 20 })).toMatchObject({
      executor: 'per-vu-iterations',
      load: { kind: 'vus', quota: { kind: 'per-vu', iterations: 20 } },
      asked: { vus: 5, iterationsPerVu: 20 },
    })
  })
})

describe('stages', () => {
  it('of users go from level to level, the first from 0', () => {
    const stages = [
      { vus: 10, duration: '5s' },
      { vus: 100, duration: '5s', name: 'spike' },
      { vus: 10, from: 10, duration: 2000 },
    ]
    expect(plan(url, { stages })).toMatchObject({
      executor: 'ramping-vus',
      model: 'closed',
      load: { kind: 'vus' },
      stages: [
        { name: 'stage 1', start: 0, end: 5000, from: 0, to: 10 },
        { name: 'spike', start: 5000, end: 10_000, from: 10, to: 100 },
        { name: 'stage 3', start: 10_000, end: 12_000, from: 10, to: 10 },
      ],
      asked: {
        duration: 12_000,
        stages: [
          { name: 'stage 1', duration: 5000, from: 0, vus: 10 },
          { name: 'spike', duration: 5000, from: 10, vus: 100 },
          { name: 'stage 3', duration: 2000, from: 10, vus: 10 },
        ],
      },
      duration: 12_000,
      warmup: 0,
    })
  })

  it('of rates are per second whatever `per` says, and bound the users by the highest', () => {
    const stages = [
      { rate: 60, from: 30, duration: '5s' },
      { rate: 600, duration: '5s' },
    ]
    expect(plan(url, { stages, per: '1m', arrivals: 'poisson', seed: 7 })).toMatchObject({
      executor: 'ramping-arrival-rate',
      model: 'open',
      load: { kind: 'rate', maxVUs: 100, spacing: 'poisson' },
      stages: [
        { from: 0.5, to: 1 },
        { from: 1, to: 10 },
      ],
      asked: {
        stages: [
          { from: 0.5, rate: 1 },
          { from: 1, rate: 10 },
        ],
        arrivals: 'poisson',
        seed: 7,
      },
      seed: 7,
    })
  })

  it('warm up at the level of their beginning, if there is one', () => {
    expect(plan(url, { stages: [{ from: 5, vus: 50, duration: '10s' }] }).warmup).toBe(1000)
    expect(plan(url, { stages: [{ vus: 50, duration: '10s' }] }).warmup).toBe(0)
  })

  it.each<[LoadOptions['stages'], string]>([
    [[], "stages: expected a list of stages such as [{ vus: 10, duration: '5s' }], got []"],
    [[{ vus: 1.5, duration: '5s' }], 'stages[0].vus: expected a whole number of users, 0 or more, got 1.5'],
    [[{ rate: -1, duration: '5s' }], 'stages[0].rate: expected iterations per second, 0 or more, got -1'],
    [[{ duration: '5s' }], 'stages[0].vus: expected a whole number of users, 0 or more, got undefined'],
    [[{ vus: 1, duration: 0 }], "stages[0].duration: expected a time above 0 such as 10000 or '10s', got 0"],
    [[{ vus: 1, duration: '1s', name: '' }], "stages[0].name: expected a text, got ''"],
    [
      [{ vus: 1, duration: '1s', target: 5 } as never],
      'stages[0].target: unknown option; there are vus, rate, from, duration, name',
    ],
    [[{ vus: 0, duration: '1s' }], 'stages: no stage has any vus: nothing would be sent'],
    [
      [[{ vus: 1, duration: '1s' }] as never],
      'stages[0]: is a list of stages itself: spread it, as in stages: [...steps({ ... })]',
    ],
    [[{ vus: 1, duration: 30 }], "stages[0].duration: 30 is 30 ms: write '30s' for seconds"],
    [
      [{ vus: 1, duration: '1s', name: 'GET /' }],
      "stages: 'GET /' is the name of a request: call the stage something else",
    ],
    [[null as never], "stages[0]: expected an object such as { vus: 10, duration: '5s' }, got null"],
    [
      [
        { vus: 1, duration: '4d' },
        { vus: 1, duration: '4d' },
      ],
      "stages: expected at most 7 days in all, got '691200000 ms'",
    ],
    [
      [
        { vus: 1, duration: '1s', name: 'a' },
        { vus: 2, duration: '1s', name: 'a' },
      ],
      "stages: two of them are called 'a': run.stage() could not tell them apart",
    ],
    [
      [
        { vus: 1, duration: '1s' },
        { rate: 2, duration: '1s' },
      ],
      'stages[0].vus: all stages are of vus, or all of rate',
    ],
  ])('%j is a mistake', (stages, text) => {
    expect(mistakes(url, { stages: stages as NonNullable<typeof stages> })).toContain(text)
  })

  it('of many requests are a mistake when their histograms would fill the memory', () => {
    const stages = Array.from({ length: 50 }, () => ({ vus: 1, duration: '1s' }))
    const list = (count: number) => Array.from({ length: count }, (_, n) => `${url}${n}`)
    expect(plan(list(8), { stages }).stages).toHaveLength(50)
    expect(() => plan(list(9), { stages })).toThrow(
      '50 stages of 9 requests are too many to be told apart: at most 400',
    )
  })

  it('of more than a hundred are a mistake', () => {
    const stages = Array.from({ length: 101 }, () => ({ vus: 1, duration: '1s' }))
    expect(mistakes(url, { stages })).toEqual(['stages: 101 stages are too many: at most 100'])
  })
})

describe('think time', () => {
  it.each<[LoadOptions['thinkTime'], object | undefined]>([
    ['500ms', { min: 500, max: 500 }],
    [
      { min: '1s', max: '3s' },
      { min: 1000, max: 3000 },
    ],
    [0, undefined],
  ])('%j', (thinkTime, planned) => {
    const { load } = plan(url, { vus: 2, ...(thinkTime === undefined ? {} : { thinkTime }) })
    expect((load as { thinkTime?: object }).thinkTime).toEqual(planned)
  })
})

describe('times', () => {
  it.each<[string, Target, LoadOptions, number]>([
    ['10 % of the duration', url, { duration: '20s' }, 2000],
    ['at most 5 s', url, { duration: '10m' }, 5000],
    ['none up to 2 s', url, { duration: '2s' }, 0],
    ['none for what changes something', http.post(url), { duration: '20s' }, 0],
    ['none when one of them changes something', [url, http.delete(url)], { duration: '20s' }, 0],
    ['none for what holds a function', http.get(url, { expect: () => true }), { duration: '20s' }, 0],
    ['some for HEAD', http.head(url), { duration: '20s' }, 2000],
    ['as asked', http.post(url), { duration: '1s', warmup: '3s' }, 3000],
    ['none as asked', url, { duration: '20s', warmup: 0 }, 0],
  ])('warms up %s', (_, target, options, warmup) => {
    expect(plan(target, options).warmup).toBe(warmup)
  })

  it('are all in the deadline', () => {
    const options = { duration: '2s', warmup: '1s', gracefulStop: 0, timeout: '1m' } as const
    expect(plan(url, options)).toMatchObject({ gracefulStop: 0, timeout: 60_000, deadline: 3000 + 5000 })
  })

  it('are never longer than a timer can wait', () => {
    const longest = plan(url, { duration: '7d', warmup: '7d', gracefulStop: '7d' })
    expect(longest.deadline).toBeLessThan(2 ** 31)
    expect(mistakes(url, { duration: 8 * day })).toEqual([`duration: expected at most 7 days, got ${8 * day}`])
  })
})

it.each<[LoadOptions['monitor'], readonly number[] | undefined]>([
  [undefined, undefined],
  [4711, [4711]],
  [
    [4712, 4711, 4712],
    [4712, 4711],
  ],
  [[], []],
])('watches the processes %j', (monitor, planned) => {
  expect(plan(url, monitor === undefined ? {} : { monitor }).monitor).toEqual(planned)
})

describe('names', () => {
  it('are those of the requests', () => {
    const list = [url, http.post(`${url}users`), http.get(`${url}users`, { name: 'users' })]
    expect(plan(list).name).toBe('GET / and 2 more')
    expect(plan([url, http.post(url), url]).name).toBe('GET /, POST /')
    expect(plan(list, { name: 'mixed' }).name).toBe('mixed')
  })

  it('of series are one per request name, or the run', () => {
    expect(seriesOf(plan([url, http.post(url), url], { name: 'mixed' }))).toEqual(['GET /', 'POST /'])
    expect(seriesOf(plan(() => {}, { name: 'work' }))).toEqual(['work'])
  })
})

describe('a mistake', () => {
  it.each<[LoadOptions, string]>([
    [{ duration: '10 secs' }, "duration: expected a time above 0 such as 10000 or '10s', got '10 secs'"],
    [{ duration: 3 }, "duration: 3 is 3 ms: write '3s' for seconds"],
    [{ duration: 0 }, "duration: expected a time above 0 such as 10000 or '10s', got 0"],
    [{ warmup: -1 }, "warmup: expected a time 0 or more such as 10000 or '10s', got -1"],
    [{ timeout: Number.NaN }, "timeout: expected a time above 0 such as 10000 or '10s', got NaN"],
    [{ connections: 1.5 }, 'connections: expected a whole number above 0, got 1.5'],
    [{ vus: 0 }, 'vus: expected a whole number above 0, got 0'],
    [{ vus: '10' as never }, "vus: expected a whole number above 0, got '10'"],
    [{ amount: -1 }, 'amount: expected a whole number above 0, got -1'],
    [{ rate: -5 }, 'rate: expected iterations per second above 0, got -5'],
    [{ rate: Number.POSITIVE_INFINITY }, 'rate: expected iterations per second above 0, got Infinity'],
    [{ rate: 1e308, per: 1 }, 'rate: expected iterations per second above 0, got 1e+308'],
    [{ rate: 5, per: 0 }, "per: expected a time above 0 such as '1s' or '1m', got 0"],
    [{ rate: 5, maxVUs: 0 }, 'maxVUs: expected a whole number above 0, got 0'],
    [{ vus: 5, maxVUs: 5 }, 'maxVUs: goes with rate only'],
    [{ vus: 5, per: '1s' }, 'per: goes with rate only'],
    [{ vus: 5, amount: 5 }, 'amount: goes with connections only'],
    [{ amount: 5, duration: 5000 }, 'duration, amount: each says when the run ends: give one of them'],
    [
      { vus: 1, rate: 1 },
      'vus, rate: give exactly one of connections (autocannon), vus (closed), rate (open) and stages',
    ],
    [{ rate: 5, thinkTime: '1s' }, 'thinkTime: goes with vus only'],
    [
      { vus: 5, thinkTime: { min: '3s', max: '1s' } },
      'thinkTime: expected a time such as \'500ms\', or { min: \'1s\', max: \'3s\' }, got {"min":"3s","max":"1s"}',
    ],
    [
      { vus: 5, thinkTime: null as never },
      "thinkTime: expected a time such as '500ms', or { min: '1s', max: '3s' }, got null",
    ],
    [{ vus: 5, pipelining: 2 }, 'pipelining: goes with connections only'],
    [{ connections: 5, iterations: 2 }, 'iterations: goes with vus only'],
    [{ vus: 5, batch: 2 }, 'batch: goes with vus and iterations only'],
    [{ vus: 5, arrivals: 'poisson' }, 'arrivals: goes with rate only'],
    [{ rate: 5, arrivals: 'bursts' as never }, "arrivals: expected 'uniform' or 'poisson', got 'bursts'"],
    [{ vus: 5, iterations: 5, duration: '5s' }, 'duration, iterations: each says when the run ends: give one of them'],
    [
      { stages: [{ vus: 5, duration: '5s' }], duration: '5s' },
      'duration, stages: each says when the run ends: give one of them',
    ],
    [
      { stages: [{ vus: 5, duration: '5s' }], warmup: '1s' },
      'warmup: has the level of the first stage, which begins at 0: give that stage a `from`',
    ],
    [{ seed: 0.5 }, 'seed: expected a whole number, got 0.5'],
    [{ insecure: 1 as never }, 'insecure: expected true or false, got 1'],
    [{ workers: 0 }, 'workers: expected a whole number of threads from 1 to 64, got 0'],
    [{ vus: 9, iterations: 3, workers: 4 }, 'workers: 4 threads for a load of 3: some would have nothing to send'],
    [{ rate: 90, maxVUs: 2, workers: 3 }, 'workers: 3 threads share 2 maxVUs: some could not send anything'],
    [{ vus: 3, workers: 4 }, 'workers: 4 threads for a load of 3: some would have nothing to send'],
    [{ vus: 3, iterations: 9, batch: 3, workers: 2 }, 'workers: a batch is waited for as one: leave workers out'],
    [{ name: '' }, "name: expected a text, got ''"],
    [{ signal: {} as never }, 'signal: expected an AbortSignal, got {}'],
    [{ signal: null as never }, 'signal: expected an AbortSignal, got null'],
    [{ abortOnBreach: 'yes' as never, limits: {} }, "abortOnBreach: expected true or false, got 'yes'"],
    [
      { abortOnBreach: true },
      'abortOnBreach: needs a limit on latency, errors or drops: all others are judged at the end',
    ],
    [
      { abortOnBreach: true, limits: { memory: '500MB', throughput: 5 } },
      'abortOnBreach: needs a limit on latency, errors or drops: all others are judged at the end',
    ],
    [
      { monitor: 0 },
      'monitor: expected pids, whole numbers above 0 such as 4711 or [4711, 4712], or [] for none, got 0',
    ],
    [
      { monitor: [4711, 1.5] },
      'monitor: expected pids, whole numbers above 0 such as 4711 or [4711, 4712], or [] for none, got 1.5',
    ],
    [
      { monitor: false as never },
      'monitor: expected pids, whole numbers above 0 such as 4711 or [4711, 4712], or [] for none, got false',
    ],
    [{ conections: 5 } as never, 'conections: unknown option; did you mean connections?'],
    [{ relay: true } as never, 'relay: belongs to serve()'],
    [{ p95: 100 } as never, 'p95: belongs into limits: { p95: ... }'],
    [{ minGrowth: '1MB' } as never, 'minGrowth: belongs into leaks: { minGrowth: ... }'],
    [{ headers: {} } as never, 'headers: belongs to the request: http.post(url, { headers: ... })'],
    [{ maxErrorRate: 0 } as never, 'maxErrorRate: belongs to loadTesting() in vitest.config.ts'],
    [{ series: {} } as never, "series: belongs into limits: { series: { 'pool.waiting': { max: 0 } } }"],
    [{ openFiles: 5 } as never, 'openFiles: belongs into limits: { series: { openFiles: { max: ... } } }'],
    [{ method: 'POST' } as never, 'method: belongs to the request: http.post(url), http.put(url) and so on'],
    [{ limits: { strict: true } } as never, 'limits.strict: belongs to toMeet(limits, { strict: true })'],
    [{ limits: { duration: 5 } } as never, 'limits.duration: belongs to load()'],
    [{ strict: true } as never, 'strict: belongs to toMeet(limits, { strict: true })'],
    [
      { requests: 5 } as never,
      'requests: unknown option; there are connections, pipelining, amount, vus, iterations, batch, iterationsPerVu, thinkTime, rate, per, arrivals, maxVUs, stages, duration, warmup, timeout, gracefulStop, workers, insecure, seed, name, limits, abortOnBreach, monitor, probes, profile, allocations, leaks, signal',
    ],
    [null as never, "options: expected an object such as { rate: 100, duration: '30s' }, got null"],
    [5 as never, "options: expected an object such as { rate: 100, duration: '30s' }, got 5"],
    [[] as never, "options: expected an object such as { rate: 100, duration: '30s' }, got []"],
  ])('%j', (options, text) => {
    expect(mistakes(url, options)).toEqual([text])
  })

  it('is a function in several threads', () => {
    expect(mistakes(() => {}, { vus: 5, workers: 2 })).toEqual([
      'workers: a function cannot leave the thread it was written in: only plain requests have several',
    ])
  })

  it('is a function on autocannon connections', () => {
    expect(mistakes(() => {}, { connections: 5 })).toEqual([
      'connections: drives HTTP requests; for a function say vus or rate',
    ])
  })

  it('never hides another: target, options and amounts are all told at once', () => {
    const options = {
      connections: -1,
      vus: 1.5,
      rate: -5,
      duration: '10 secs',
      warmup: 'soon',
      gracefulStop: -1,
      timeout: 0,
      maxVUs: 0,
      name: '',
      durration: 1,
    }
    const rows = mistakes('nonsense', options as LoadOptions)
    expect(rows.map((row) => row.split(':')[0])).toEqual([
      ...['durration', 'target', 'timeout', 'duration', 'connections', 'vus', 'maxVUs', 'connections, vus, rate'],
      ...['rate', 'warmup', 'gracefulStop', 'name'],
    ])
  })

  it('is told in one error with the number of mistakes', () => {
    expect(() => plan('nonsense', { rate: -5 })).toThrow(
      [
        'load(): 2 options are wrong',
        "  target: expected an http: or https: URL such as 'http://127.0.0.1:3000/health', got 'nonsense'",
        '  rate:   expected iterations per second above 0, got -5',
      ].join('\n'),
    )
  })
})

function mistakes(target: Target, options: LoadOptions): string[] {
  try {
    plan(target, options)
  } catch (error) {
    expect(error).toMatchObject({ name: 'LoadTestError', code: 'invalid-options' })
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((row) => row.slice(2).replace(/: +/, ': '))
  }
  return []
}
