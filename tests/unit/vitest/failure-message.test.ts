// What a failed expectation says, word by word.
import { describe, expect, it } from 'vitest'
import type { Limit, Limits } from '../../../src/core/limit.ts'
import { parseLimits } from '../../../src/core/limit-parser.ts'
import { Problems } from '../../../src/core/problems.ts'
import type { Slice } from '../../../src/core/slice.ts'
import { judge, negate } from '../../../src/core/verdict.ts'
import { describeVerdict, describeVerdicts } from '../../../src/vitest/failure-message.ts'
import { buildRun, buildServer, type RunParts } from '../../support/run-builder.ts'
import { buildStagedRun } from '../../support/staged-run.ts'

const times = (count: number, ms: number) => Array<number>(count).fill(ms)

const judgeAll = (slice: Slice, limits: Limits) =>
  parseLimits(limits, new Problems('test')).map((limit) => judge(slice, limit))

function message(parts: RunParts, limits: Limits): string[] {
  const run = buildRun(parts)
  return describeVerdict(judge(run, parseLimits(limits, new Problems('test'))[0] as Limit), run).split('\n')
}

const sessions: RunParts = {
  name: 'POST /api/sessions',
  ok: [...times(4000, 1.5), ...times(1600, 1.9), ...times(381, 2)],
  timedOut: times(19, 322),
  asked: { rate: 200, duration: 30_000 },
  duration: 30_000,
  lag: times(6000, 1.4),
  servers: [buildServer({ cpu: [97, 99], memory: [300e6, 312e6] })],
}

describe('describeVerdict()', () => {
  it('shows the number, its neighbours, whether to trust it, and the server', () => {
    expect(message(sessions, { p95: 1.8 })).toEqual([
      'expected p95 latency of "POST /api/sessions" below 1.80 ms, got 2 ms (95 % interval 2-2)',
      '  p50 1.50   p95 2   p99 2   max ≥ 322 ms',
      '  open model, from the planned instant, n = 6,000, 19 cut off',
      '  5,981 ok · 19 timed out · 0 dropped     200/s asked, 200/s reached',
      '  19 timeout: no answer within 10 s',
      '  server: cpu 98 % (peak 99) · rss 312 MB     generator: kept up (lag p99 1.40 ms)',
    ])
  })

  it('shows any percentile among its neighbours, and the mean', () => {
    expect(message(sessions, { p999: 100 })[1]).toBe('  p50 1.50   p95 2   p99 2   p99.9 ≥ 322   max ≥ 322 ms')
    expect(message({ ok: times(70, 1.5) }, { p75: 1 })[1]).toContain('p50 1.50   p75 1.50   p95 1.50')
    expect(message({ ok: [1, 2] }, { mean: 1 })[1]).toContain('mean 1.50   p50 1')
  })

  it('says "at least" where time-outs only bound a number from below', () => {
    expect(message({ timedOut: times(100, 500) }, { p50: 100 })[0]).toBe(
      'expected p50 latency of "GET /" below 100 ms, got at least 500 ms (95 % interval 500-500)',
    )
  })

  it('shows errors by kind with an example each', () => {
    const failed = [
      { kind: 'http-5xx', count: 1200, example: 'POST /x answered 503' },
      { kind: 'refused', count: 3, example: 'connect ECONNREFUSED 127.0.0.1:3000' },
    ] as const
    expect(message({ ok: times(20, 1.5), failed, asked: { connections: 50 } }, { errorRate: 0.01 })).toEqual([
      'expected error rate of "GET /" at most 1 %, got 98.36 %',
      '  p50 1.50   p95 1.50   p99 1.50   max 1.50 ms     closed model, from the send, n = 20',
      '  20 ok · 1,203 failed     50 connections for 10 s, 2/s ok',
      '  1,200 http-5xx: POST /x answered 503',
      '  3 refused: connect ECONNREFUSED 127.0.0.1:3000',
      '  generator: kept up (busy 20 %)',
    ])
  })

  it('shows the neighbours of a figure of a series', () => {
    const queue = { unit: 'count', at: [1000, 2000, 3000], values: [4, 40, 10] } as const
    const shown = message({ ok: [1], probes: { queue } }, { series: { queue: { max: 5 } } })
    expect(shown[0]).toBe('expected max of queue of "GET /" at most 5, got 40')
    expect(shown).toContain('  queue: mean 18   max 40   last 10     3 samples')
    const grown = message({ ...sessions }, { series: { memory: { last: '300MB' } } })
    expect(grown).toContain('  memory: mean 306 MB   max 312 MB   last 312 MB     2 samples')
  })

  it('shows memory in its unit', () => {
    expect(message(sessions, { memory: '300MB' })[0]).toBe(
      'expected peak server memory of "POST /api/sessions" below 300 MB, got 312 MB',
    )
  })

  it('shows what checks held', () => {
    const checks = [{ name: 'has an id', passed: 9, failed: 1 }]
    expect(message({ ok: [1], checks }, { checks: { above: 0.95 } })).toEqual([
      'expected check rate of "GET /" above 95 %, got 90 %',
      expect.stringContaining('p50 1 '),
      '  1 ok     10 users for 10 s, 0.10/s ok',
      '  check "has an id": 9 held, 1 did not',
      '  generator: kept up (busy 20 %)',
    ])
  })

  it('says why nothing can be said', () => {
    expect(message({ failed: 4 }, { p99: 100 })).toEqual([
      'inconclusive: p99 latency of "GET /" below 100 ms, nothing measured',
      '  0 of 4 iterations ended ok: 4 failed',
      '  0 ok · 4 failed     10 users for 10 s, 0/s ok',
      '  4 http-5xx: status 500',
      '  generator: kept up (busy 20 %)',
    ])
    expect(message({ ok: times(20, 1.5) }, { p95: 100 }).slice(0, 3)).toEqual([
      'inconclusive: p95 latency of "GET /" below 100 ms, 1.50 ms (95 % interval 1.50 or more)',
      '  20 samples cannot tell: p95 latency needs 39 more (59 in all); toHaveMaxBelow judges just what was',
      '    seen',
    ])
  })

  it('blames the generator by the limit that was judged', () => {
    const late = { ok: times(100, 1.5), asked: { rate: 10 }, lag: times(100, 7) }
    expect(message(late, { max: 1.2 }).at(-1)).toBe(
      '  generator: could not keep up: it sent iterations late: p99 7 ms after they were due',
    )
    expect(message({ ...late, ok: times(100, 2500) }, { max: 2000 }).at(-1)).toBe('  generator: kept up (lag p99 7 ms)')
    expect(message({ ...late, lag: times(100, 23), failed: 9 }, { errorRate: 0 }).at(-1)).toContain('p99 23 ms')
  })

  it('never shows a number that reads like its limit', () => {
    expect(message({ ok: times(100, 100.04) }, { max: 100 })[0]).toBe(
      'expected max latency of "GET /" below 100 ms, got 100.04 ms',
    )
    const servers = [buildServer({ cpu: [80.004], memory: [300_000_001] })]
    expect(message({ servers }, { memory: '300MB' })[0]).toContain('below 300 MB, got 300,000,001 B')
    expect(message({ servers }, { cpu: 80.001 })[0]).toContain('below 80.0 %, got 80.004 %')
    expect(message({ ok: times(99_999, 1), failed: 10_001 }, { errorRate: 0.0909 })[0]).toContain(
      'at most 9.09 %, got 9.0918182 %',
    )
  })

  it('shows a limit that equals the number as it is', () => {
    expect(message({ ok: times(100, 100) }, { max: 100 })[0]).toContain('below 100 ms, got 100 ms')
  })

  it('names servers where there are several', () => {
    const servers = [
      buildServer({ name: 'api', cpu: [50], memory: [1e8] }),
      buildServer({ name: 'worker', cpu: [5], memory: [2e8] }),
      buildServer({ name: 'new' }),
    ]
    expect(message({ ok: [1], servers }, { max: 1 }).slice(-2)).toEqual([
      '  server api: cpu 50 % (peak 50) · rss 100 MB',
      '  server worker: cpu 5 % (peak 5) · rss 200 MB     generator: kept up (busy 20 %)',
    ])
  })

  it('says that a server ended during the run', () => {
    const events = [
      { at: 2200, name: 'gateway ended', detail: 'exit code 3' },
      { at: 3000, name: 'server restarted', detail: 'pid 4' },
    ]
    const servers = [buildServer({ name: 'gateway', cpu: [50], memory: [1e8] })]
    expect(message({ ok: [1], servers, events }, { max: 1 }).slice(-2)).toEqual([
      '  server: gateway ended 2.2 s into the run (exit code 3)',
      '  server: cpu 50 % (peak 50) · rss 100 MB     generator: kept up (busy 20 %)',
    ])
    expect(message({ failed: 1, events }, { errorRate: 0 }).at(-1)).toBe(
      '  server: gateway ended 2.2 s into the run (exit code 3)     generator: kept up (busy 20 %)',
    )
  })

  it('does not claim the rate of the whole for a part', () => {
    const run = buildRun({ asked: { rate: 10 }, requests: { a: { ok: [1] }, b: { ok: [2] } } })
    const part = run.request('a')
    const text = describeVerdict(judge(part, { metric: 'max', relation: 'below', value: 1 }), part)
    expect(text).toContain('expected max latency of "GET / > a" below 1 ms')
    expect(text).toContain('1 ok · 0 dropped     0.10/s ok')
    expect(text).not.toContain('asked')
  })

  it.each<[RunParts['asked'] & object, string]>([
    [{ connections: 50, pipelining: 4 }, '50 connections x 4 pipelined for 10 s, 0.10/s ok'],
    [{ vus: 5, iterations: 100, batch: 5 }, '5 users for 10 s, 100 iterations in all, in batches of 5, 0.10/s ok'],
    [{ vus: 5, iterationsPerVu: 20 }, '5 users for 10 s, 20 iterations each, 0.10/s ok'],
    [{ rate: 0.1 }, '0.10/s asked, 0.10/s reached'],
    [
      { rate: 0.1, arrivals: 'poisson', seed: 3 },
      '0.1/s for 10 s, at random (poisson, seed 3), 0.10/s asked, 0.10/s reached',
    ],
  ])('says how much of %j was asked', (asked, words) => {
    expect(
      message({ ok: [1], asked }, { max: 1 })
        .slice(2, 4)
        .join('\n'),
    ).toContain(words)
  })

  describe('of a run with stages', () => {
    const build = (unit: 'vus' | 'rate') =>
      buildStagedRun({
        unit,
        name: 'shop',
        stages: [
          { name: 'rise', level: [10, 100], requests: { 'GET /a': { ok: times(80, 5) }, peak: { ok: times(20, 5) } } },
          { name: 'peak', level: [100, 100], requests: { 'GET /a': { ok: times(70, 5), dropped: 4 }, peak: {} } },
        ],
      })
    const part = (slice: Slice) =>
      describeVerdict(judge(slice, parseLimits({ max: 1 }, new Problems('test'))[0] as Limit), slice)

    it('says which stage it is, its level and how it was reached', () => {
      const open = build('rate')
      expect(part(open.stage('rise'))).toContain('expected max latency of "shop > rise" below 1 ms')
      expect(part(open.stage('rise'))).toContain("stage 'rise' 10 -> 100/s, 55/s asked on average, 50/s reached\n")
      expect(part(open.stage('peak'))).toContain("stage 'peak', 100/s asked, 35/s reached\n")
      expect(part(build('vus').stage('rise'))).toContain("stage 'rise' 10 -> 100 users, 50/s ok\n")
      expect(part(build('vus').stage('peak'))).toContain("stage 'peak' 100 users, 35/s ok\n")
    })

    it('says in which stage a request is, and does not take one for the other', () => {
      const open = build('rate')
      expect(part(open.stage('rise').request('GET /a'))).toContain("     in stage 'rise' 10 -> 100/s, 40/s ok\n")
      const request = part(open.request('peak'))
      expect(request).toContain('     5/s ok\n')
      expect(request).not.toContain('stage')
    })

    it('says what was asked of the whole', () => {
      expect(part(build('rate'))).toContain('10 -> 100/s in 4 s, 77.5/s asked on average, 42.5/s reached\n')
      expect(part(build('vus'))).toContain('10 -> 100 users in 4 s, 42.5/s ok\n')
    })
  })

  it('knows no rate of a run without time', () => {
    const parts = { asked: { rate: 10 }, dropped: 1, duration: 0 }
    expect(message(parts, { throughput: 10 })[2]).toBe('  0 ok · 1 dropped     10/s asked, -/s reached')
  })

  it('asks the opposite for .not', () => {
    const run = buildRun({ ok: times(100, 20) })
    const [verdict] = judgeAll(run, { max: 100 }).map(negate)
    expect(verdict && describeVerdict(verdict, run)).toMatch(
      /^expected max latency of "GET \/" at least 100 ms, got 20 ms/,
    )
  })

  it('fits 100 columns', () => {
    const failed = [{ kind: 'other', count: 1, example: 'a long example '.repeat(20) }] as const
    const invalid = ['the server closed every connection after one answer and this sentence goes on and on. '.repeat(3)]
    for (const limits of [{ p95: 1 }, { memory: 1 }, { errorRate: 0 }, { checks: 1 }]) {
      for (const parts of [{ ...sessions, failed }, { ...sessions, invalid }, { failed }]) {
        for (const line of message(parts, limits)) expect(line.length).toBeLessThanOrEqual(100)
      }
    }
  })
})

describe('describeVerdicts()', () => {
  const title = (parts: RunParts, limits: Limits) => {
    const run = buildRun(parts)
    return describeVerdicts(judgeAll(run, limits), run).split('\n')[0]
  }

  it('counts what is wrong', () => {
    expect(title({ ok: [5] }, { max: 1, mean: 1 })).toBe('expected "GET /" to meet 2 limits: 2 not met')
    expect(title({ ok: [5] }, { max: 9, p95: 9 })).toBe('expected "GET /" to meet 2 limits: 1 inconclusive')
  })

  it('shows the neighbours of each', () => {
    const run = buildRun({ ok: [5], checks: [{ name: 'a', passed: 0, failed: 1 }] })
    const text = describeVerdicts(judgeAll(run, { max: 1, mean: 1, checks: 1 }), run)
    expect(text).toContain('  mean 5   p50 5')
    expect(text).toContain('  check "a": 0 held, 1 did not')
  })

  it('lists all limits with their status, and the numbers once', () => {
    const run = buildRun(sessions)
    const limits = { p95: 1.8, errorRate: 0.01, memory: { target: '300MB', acceptable: '400MB' }, checks: 0.99 }
    expect(describeVerdicts(judgeAll(run, limits), run).split('\n')).toEqual([
      'expected "POST /api/sessions" to meet 4 limits: 1 not met, 1 inconclusive',
      '  fail          p95 latency below 1.80 ms: 2 ms (95 % interval 2-2)',
      '  pass          error rate at most 1 %: 0.32 %',
      '  degraded      peak server memory below 400 MB: 312 MB',
      '    degraded: 312 MB is acceptable, the target is below 300 MB',
      '  inconclusive  check rate at least 99 %: nothing measured',
      '    no check was made: call check(name, held) in the iteration',
      '  p50 1.50   p95 2   p99 2   max ≥ 322 ms',
      '  open model, from the planned instant, n = 6,000, 19 cut off',
      '  5,981 ok · 19 timed out · 0 dropped     200/s asked, 200/s reached',
      '  19 timeout: no answer within 10 s',
      '  server: cpu 98 % (peak 99) · rss 312 MB     generator: kept up (lag p99 1.40 ms)',
    ])
  })
})

describe('why', () => {
  const quiet = { gcShare: 0.03, longestBlock: 41, saturatedFor: null, remarks: [] }
  const hot = {
    ...{ name: 'renderInvoice', file: 'src/invoice.ts', line: 42, column: 8, hottestLine: null },
    ...{ share: 0.61, wallShare: 0.59, ms: 1800, calledFrom: null, block: null },
  }
  const busy = {
    server: 'gateway',
    loop: 'busy',
    busyShare: 0.97,
    sentence: 'it was busy',
    hot: [hot],
    ...quiet,
  } as const
  const idle = { server: 'worker', loop: 'idle', busyShare: 0.02, sentence: 'it was idle', hot: [], ...quiet } as const

  it('a time was missed is told by what the server did', () => {
    const told = message({ ok: times(100, 50), why: [busy] }, { p95: 10 })
    const from = told.findIndex((text) => text.includes('why: '))
    expect(told.slice(from)).toEqual([
      '  why: event loop 97 % busy · gc 3 % · longest block 41 ms',
      '       renderInvoice  src/invoice.ts:42  61 %',
    ])
  })

  it('is told of the server that was busy, and where its profile lies', () => {
    const profile = '.vitest/vitest-load/profiles/a.cpuprofile'
    const told = message({ ok: times(100, 50), why: [idle, { ...busy, profile }] }, { p95: 10 })
    expect(told).toContain('  why: gateway: event loop 97 % busy · gc 3 % · longest block 41 ms')
    expect(told.join()).not.toContain('worker')
    expect(told).toContain(`       profile: ${profile} (opens in Chrome DevTools; it may hold secrets)`)
  })

  it('is told of the process where several serve', () => {
    const why = [
      { ...busy, process: 4711 },
      { ...idle, server: 'gateway', process: 4712 },
    ]
    const [told] = message({ ok: times(100, 50), why }, { p95: 10 }).filter((text) => text.includes('why: '))
    expect(told).toBe('  why: gateway (process 4711): event loop 97 % busy · gc 3 % · longest block 41 ms')
  })

  it('is told also when no function is to blame', () => {
    const told = message({ ok: times(100, 50), why: [idle] }, { p95: 10 })
    expect(told).toContain('       it was idle')
  })

  it.each([
    ['cpu', 'max'],
    ['loopBusy', 'mean'],
    ['longestBlock', 'max'],
  ] as const)('the series %s was too high is told by what the server did, too', (name, statistic) => {
    const servers = [buildServer({ cpu: [40, 42], loopBusy: [0.5, 0.5], longestBlock: [50, 60], memory: [9e7] })]
    const told = message({ ok: times(100, 50), why: [busy], servers }, { series: { [name]: { [statistic]: 0.1 } } })
    expect(told).toContain('       renderInvoice  src/invoice.ts:42  61 %')
  })

  it('an event loop that was late is told by who took the CPU, and never by what was waited for', () => {
    const servers = [buildServer({ cpu: [5, 5], loopDelay: [12, 14], memory: [9e7] })]
    const told = (why: RunParts['why']) => message({ ok: times(100, 50), why, servers }, { loopDelay: 5 })
    expect(told([{ ...idle, cpu: [hot] }])).toContain('       renderInvoice  src/invoice.ts:42  61 %')
    expect(told([idle])).toContain('       no function of its stands out')
    expect(told([idle]).join()).not.toContain('it was idle')
  })

  it('is not told where less was asked for than is expected', () => {
    const told = message({ ok: times(100, 5), duration: 10_000, asked: { rate: 10 }, why: [busy] }, { throughput: 500 })
    expect(told.join()).toContain('only 10/s were asked for')
    expect(told.join()).not.toContain('why:')
  })

  it('too much CPU was used is told of the server that used most, whichever was blocked', () => {
    const blocked = {
      ...idle,
      loop: 'blocked',
      busyShare: 0.3,
      hot: [{ ...hot, block: { longest: 90, times: 3 } }],
    } as const
    const busiest = { ...idle, server: 'gateway', busyShare: 0.6, cpu: [{ ...hot, name: 'copy' }] }
    const told = message(
      { ok: times(100, 50), why: [blocked, busiest], servers: [buildServer({ cpu: [40, 42], memory: [9e7] })] },
      { cpu: 10 },
    )
    expect(told.join('\n')).toMatch(/why: gateway: event loop 60 % busy[^\n]*\n +copy {2}src/)
    expect(told.join()).not.toContain('blocked')
  })

  it('too much CPU was used is told by who took it, also where the event loop had time left', () => {
    const why = [{ ...idle, busyShare: 0.4, cpu: [hot], profile: 'a.cpuprofile' }]
    const told = message(
      { ok: times(100, 50), why, servers: [buildServer({ cpu: [40, 42], memory: [9e7] })] },
      { cpu: 10 },
    )
    expect(told.slice(told.findIndex((text) => text.includes('why: ')))).toEqual([
      '  why: event loop 40 % busy · gc 3 % · longest block 41 ms',
      '       renderInvoice  src/invoice.ts:42  61 %',
      '       shares are of the time in which the event loop was busy',
      '       profile: a.cpuprofile (opens in Chrome DevTools; it may hold secrets)',
    ])
    expect(message({ ok: times(100, 50), why }, { p95: 10 })).toContain('       it was idle')
  })

  it('is not asked where a limit was met, or is about something else', () => {
    const parts = { ok: times(100, 5), failed: 50, why: [busy] }
    expect(message(parts, { errorRate: 0.01 }).join()).not.toContain('why:')
    expect(message({ ...parts, unfinished: times(50, 5) }, { p95: 10 }).join()).not.toContain('why:')
  })
})

describe('a leak', () => {
  const leak = {
    server: 'gateway',
    verdict: 'leak',
    reason: 'after forced collections the heap grew by 5 MB in 40 s (from 10 MB), evenly to its end',
    perHour: { value: 450e6, lower: 440e6, upper: 460e6 },
    perRequest: 321.4,
    ...{ growth: 5e6, window: 40_000, before: 8e6, after: 15e6 },
    heap: { unit: 'bytes', at: [], values: [] },
    constructors: [{ name: 'Order', count: [1000, 2000, 3000], bytes: [1e5, 2e5, 3e5] }],
    sites: [{ name: 'remember', file: 'src/orders.ts', line: 12, bytes: 4e6, share: 0.84 }],
    files: ['.vitest/vitest-load/heaps/a.1.heapsnapshot'],
  } as const

  it('is told with its pace, its constructors and who allocated', () => {
    const told = message({ ok: [1], leaks: [leak] }, { memoryLeak: 0 })
    expect(told[0]).toBe(
      'expected memory leak of "GET /" at most 0 B/h, got 450 MB/h (99 % interval 440 MB/h to 460 MB/h)',
    )
    expect(told.slice(-5)).toEqual([
      '  heap of gateway: after forced collections the heap grew by 5 MB in 40 s (from 10 MB), evenly to',
      '    its end, 321 bytes for each iteration (judged over 40 s)',
      '       Order  1,000 → 2,000 → 3,000  +200 kB',
      '       allocated in remember  src/orders.ts:12  84 %',
      '       heap snapshots: .vitest/vitest-load/heaps/a.1.heapsnapshot ... (they may hold secrets)',
    ])
  })

  it('that nobody looked for is inconclusive and names the option', () => {
    expect(message({ ok: [1] }, { memoryLeak: 0 })[1]).toContain('load(target, { leaks: true })')
    const open = { ...leak, verdict: 'inconclusive' as const, reason: '3 samples cannot tell' }
    expect(message({ ok: [1], leaks: [open] }, { memoryLeak: 0 })[1]).toContain('gateway: 3 samples cannot tell')
    expect(
      judge(buildRun({ leaks: [{ ...leak, verdict: 'no-leak' }] }), {
        metric: 'memoryLeak',
        relation: 'at most',
        value: 0,
      }).status,
    ).toBe('pass')
  })

  it('within its limit does not pass beside a server of which nobody can tell', () => {
    const open = { ...leak, server: 'worker', verdict: 'inconclusive' as const, reason: '3 samples cannot tell' }
    const limit = { metric: 'memoryLeak', relation: 'at most', value: 1e9 } as const
    expect(judge(buildRun({ leaks: [leak] }), limit).status).toBe('pass')
    expect(judge(buildRun({ leaks: [leak, open] }), limit)).toMatchObject({
      status: 'inconclusive',
      reason: expect.stringContaining('worker: 3 samples cannot tell'),
    })
    expect(judge(buildRun({ leaks: [leak, open] }), { ...limit, value: 1e8 }).status).toBe('fail')
  })
})
