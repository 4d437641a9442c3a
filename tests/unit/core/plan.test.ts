// Every default of a load run, and every mistake that can be made in asking for one.
import { describe, expect, it } from 'vitest'
import { http } from '../../../src/core/http-request.ts'
import { type LoadOptions, type Plan, planLoad, seriesOf } from '../../../src/core/plan.ts'
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
      load: { kind: 'connections', connections: 10 },
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
      load: { kind: 'vus', vus: 10 },
      warmup: 0,
      timeout: Number.POSITIVE_INFINITY,
    })
    expect(plan(() => {}).name).toBe('function')
  })

  it('is so many requests with an amount, for as long as they take', () => {
    const { load, asked, duration, warmup } = plan(url, { connections: 4, amount: 1000 })
    expect(load).toEqual({ kind: 'connections', connections: 4, amount: 1000 })
    expect(asked).toEqual({ connections: 4, amount: 1000 })
    expect({ duration, warmup }).toEqual({ duration: 600_000, warmup: 0 })
  })

  it('is so many users with vus', () => {
    const { executor, load, asked } = plan(url, { vus: 3, duration: '2s' })
    expect(executor).toBe('constant-vus')
    expect(load).toEqual({ kind: 'vus', vus: 3 })
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
      load: { kind: 'rate', rate, maxVUs },
      asked: { rate },
    })
  })

  it('bounds the users of an open run of a function as if it had the time-out of a request', () => {
    expect(plan(() => {}, { rate: 100 }).load).toMatchObject({ maxVUs: 1000 })
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
    [{ amount: 5, duration: 5000 }, 'amount, duration: give one of them'],
    [{ vus: 1, rate: 1 }, 'vus, rate: give exactly one of connections (autocannon), vus (closed) and rate (open)'],
    [{ name: '' }, "name: expected a text, got ''"],
    [{ signal: {} as never }, 'signal: expected an AbortSignal, got {}'],
    [{ signal: null as never }, 'signal: expected an AbortSignal, got null'],
    [{ abortOnBreach: 'yes' as never, limits: {} }, "abortOnBreach: expected true or false, got 'yes'"],
    [{ abortOnBreach: true }, 'abortOnBreach: needs limits to breach'],
    [{ conections: 5 } as never, 'conections: unknown option; did you mean connections?'],
    [
      { requests: 5 } as never,
      'requests: unknown option; there are connections, vus, rate, per, duration, amount, maxVUs, warmup, timeout, gracefulStop, name, limits, abortOnBreach, signal',
    ],
    [null as never, "options: expected an object such as { rate: 100, duration: '30s' }, got null"],
    [5 as never, "options: expected an object such as { rate: 100, duration: '30s' }, got 5"],
    [[] as never, "options: expected an object such as { rate: 100, duration: '30s' }, got []"],
  ])('%j', (options, text) => {
    expect(mistakes(url, options)).toEqual([text])
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
      ...['durration', 'connections, vus, rate', 'target', 'duration', 'warmup', 'timeout', 'gracefulStop'],
      ...['connections', 'vus', 'rate', 'maxVUs', 'name'],
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
