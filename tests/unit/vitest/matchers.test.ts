// The matchers as a test uses them: sync and lazy, .not, soft, resolves, asymmetric, and what they refuse.

import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { LoadTestError } from '../../../src/core/errors.ts'
import type { ServerLeak } from '../../../src/core/leak.ts'
import type { Run } from '../../../src/core/run.ts'
import type { Verdict } from '../../../src/core/verdict.ts'
import type {} from '../../../src/vitest/matcher-types.ts'
import { createMatchers, type MatcherHost, type MatcherTask, matcherNames } from '../../../src/vitest/matchers.ts'
import { buildRun, buildServer } from '../../support/run-builder.ts'

const times = (count: number, ms: number) => Array<number>(count).fill(ms)
const queue = (step: number) => {
  const values = times(20, 1).map((depth, second) => depth + second * step)
  return { unit: 'count' as const, at: values.map((_, second) => (second + 1) * 1000), values }
}
function leakOf(parts: Partial<ServerLeak>): ServerLeak {
  const perHour = { value: 0, lower: -1, upper: 1 }
  const heap = { unit: 'bytes' as const, at: [], values: [] }
  const nothing = { before: null, after: null, constructors: [], sites: [], files: [], perRequest: null }
  return {
    server: 'a',
    verdict: 'no-leak',
    reason: 'it grew',
    perHour,
    growth: 0,
    window: 1000,
    heap,
    ...nothing,
    ...parts,
  }
}

const fast = buildRun({
  probes: { 'queue.depth': queue(0) },
  ok: times(400, 20),
  duration: 1000,
  asked: { rate: 400 },
  leaks: [leakOf({ verdict: 'no-leak' })],
  bytes: { sent: 1e6, received: 1e6 },
  checks: [{ name: 'a', passed: 400, failed: 0 }],
  servers: [
    buildServer({
      ...{ cpu: [50], memory: times(20, 2e8), heapUsed: [5e7], loopDelay: [10], gcPause: [20] },
      ...{ handles: [150], diskRead: [1e6], diskWrite: [1e6] },
    }),
  ],
})
const slow = buildRun({
  probes: { 'queue.depth': queue(5) },
  ok: times(300, 400),
  failed: 60,
  dropped: 40,
  duration: 1000,
  asked: { rate: 400 },
  bytes: { sent: 6e6, received: 6e6 },
  leaks: [leakOf({ verdict: 'leak', perHour: { value: 5e8, lower: 4e8, upper: 6e8 } })],
  checks: [{ name: 'a', passed: 200, failed: 200 }],
  servers: [
    buildServer({
      ...{ cpu: [100], memory: times(20, 4e8).map((bytes, second) => bytes + second * 5e7) },
      ...{ heapUsed: [3e8], loopDelay: [90], gcPause: [200], handles: [250], diskRead: [6e6], diskWrite: [6e6] },
    }),
  ],
})
const few = buildRun({ ok: times(3, 20) })

/** A run that has not started. */
class Lazy implements PromiseLike<Run> {
  starts = 0
  readonly #result: unknown

  constructor(result: unknown) {
    this.#result = result
  }

  // biome-ignore lint/suspicious/noThenProperty: to be awaited is its purpose
  get then(): PromiseLike<Run>['then'] {
    this.starts++
    const promise = Promise.resolve(this.#result as Run)
    return promise.then.bind(promise)
  }
}

const log: { judged: [string, Verdict, MatcherTask][]; guards: string[] } = { judged: [], guards: [] }
let inconclusive: MatcherHost['inconclusive']

const host: MatcherHost = {
  started: (_task, { name }) => {
    log.guards.push(`${name} started`)
    return () => log.guards.push(`${name} settled`)
  },
  judged: (slice, verdict, task) => log.judged.push([slice.name, verdict, task]),
  inconclusive: (message, call) => inconclusive(message, call),
}

expect.extend(createMatchers(host))

beforeEach(() => {
  log.judged = []
  log.guards = []
  inconclusive = (message) => {
    throw new LoadTestError('inconclusive', message)
  }
})

function thrown(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

describe('each matcher', () => {
  const table: [(typeof matcherNames)[number], unknown[]][] = [
    ['toHaveP50Below', [100]],
    ['toHaveP90Below', ['100ms']],
    ['toHaveP95Below', [100]],
    ['toHaveP99Below', ['0.1s']],
    ['toHavePercentileBelow', [0.975, 100]],
    ['toHaveMeanBelow', [100]],
    ['toHaveMaxBelow', [100]],
    ['toHaveErrorRateBelow', [0.05]],
    ['toHaveNoErrors', []],
    ['toHaveThroughputAbove', [350]],
    ['toSustainRate', [400]],
    ['toHaveNoDroppedIterations', []],
    ['toHaveCheckRateAbove', [0.99]],
    ['toHaveCpuBelow', [80]],
    ['toHaveMemoryBelow', ['300MB']],
    ['toHaveHeapBelow', ['100MB']],
    ['toHaveEventLoopDelayBelow', [50]],
    ['toHaveGcPauseBelow', ['100ms']],
    ['toHaveOpenHandlesBelow', [200]],
    ['toHaveDiskReadBelow', ['5MB/s']],
    ['toHaveDiskWriteBelow', [5e6]],
    ['toHaveSentBelow', ['5MB/s']],
    ['toHaveReceivedBelow', [5e6]],
    ['toHaveMemoryGrowthBelow', ['40GB/h']],
    ['toHaveNoMemoryLeak', []],
    ['toHaveSeriesMaxBelow', ['queue.depth', 2]],
    ['toHaveSeriesMeanBelow', ['memory', '300MB']],
    ['toHaveSeriesLastBelow', ['queue.depth', 50]],
    ['toHaveSeriesGrowthBelow', ['queue.depth', 1000]],
    ['toMeet', [{ p95: 100, errorRate: 0.05 }]],
  ]

  it('is in the table below', () => {
    expect(table.map(([name]) => name)).toEqual(matcherNames)
  })

  it.each(table)('%s passes, fails, and the other way round with .not', (name, args) => {
    type Call = (...given: unknown[]) => void
    const on = (run: Run) => expect(run)[name] as Call
    const not = (run: Run) => expect(run).not[name] as Call
    on(fast).apply(expect(fast), args)
    not(slow).apply(expect(slow).not, args)
    expect(thrown(() => on(slow).apply(expect(slow), args)).message).toMatch(/^expected /)
    expect(thrown(() => not(fast).apply(expect(fast).not, args)).message).toMatch(/^expected /)
  })
})

describe('a verdict', () => {
  it('is recorded with its slice and its task', ({ task }) => {
    expect(fast.request('GET /')).toHaveP95Below(100)
    const [[name, verdict, judgedIn]] = log.judged as [[string, Verdict, MatcherTask]]
    expect(name).toBe('GET / > GET /')
    expect(verdict).toMatchObject({ status: 'pass', metric: 'p95 latency', relation: 'below', limit: 100 })
    expect(judgedIn?.id).toBe(task.id)
  })

  it('is recorded as that on the opposite limit with .not', () => {
    expect(slow).not.toHaveP95Below(100)
    expect(log.judged.map(([, verdict]) => verdict)).toMatchObject([
      { status: 'pass', relation: 'at least', limit: 100 },
    ])
  })

  it('of toMeet says how far it went, and fails strictly', () => {
    const levels = { p95: { target: 10, acceptable: 100, critical: 1000 } }
    expect(fast).toMeet(levels)
    expect(log.judged).toMatchObject([['GET /', { status: 'pass', level: 'degraded', limit: 100 }, {}]])
    expect(thrown(() => expect(fast).toMeet(levels, { strict: true })).message).toMatch(/below 10 ms, got 20 ms/)
    expect(() => expect(fast).toMeet(levels, { strict: 1 as never })).toThrow('strict: expected true or false, got 1')
    expect(() => expect(fast).toMeet(levels, { Strict: true } as never)).toThrow('did you mean strict?')
    expect(() => expect(fast).toMeet(levels, true as never)).toThrow('expected an object such as { strict: true }')
  })

  it('of a number of servers may be that of each user', () => {
    const closed = buildRun({ ok: times(400, 20), servers: [buildServer({ memory: [2e8] })] })
    expect(closed).toHaveMemoryBelow('21MB', { per: 'vu' })
    expect(thrown(() => expect(closed).toHaveMemoryBelow('20MB', { per: 'vu' })).message).toContain(
      'expected peak server memory per VU of "GET /" below 20 MB, got 20 MB',
    )
    expect(() => expect(closed).toHaveMemoryBelow('20MB', { per: 'run' as 'vu' })).toThrow("expected { per: 'vu' }")
  })

  it('of toMeet is one per limit, with .not those that made it true', () => {
    expect(fast).toMeet({ p95: 100, memory: '300MB' })
    expect(log.judged.map(([, { metric }]) => metric)).toEqual(['p95 latency', 'peak server memory'])
    log.judged = []
    expect(slow).not.toMeet({ p95: 1000, memory: '300MB' })
    expect(log.judged.map(([, { metric, status }]) => [metric, status])).toEqual([['peak server memory', 'pass']])
  })

  it('of toMeet names all limits', () => {
    const servers = [buildServer({ cpu: [100], memory: [4e8] })]
    const run = buildRun({ ok: times(300, 400), servers })
    const { message } = thrown(() => expect(run).toMeet({ p95: 1000, memory: '300MB', cpu: 80 }))
    expect(message.split('\n').slice(0, 4)).toEqual([
      'expected "GET /" to meet 3 limits: 2 not met',
      '  pass          p95 latency below 1,000 ms: 400 ms (95 % interval 400-400)',
      '  fail          peak server memory below 300 MB: 400 MB',
      '  fail          server CPU below 80 %: 100 %',
    ])
  })
})

describe('inconclusive', () => {
  it('throws, with and without .not', () => {
    for (const call of [() => expect(few).toHaveP95Below(100), () => expect(few).not.toHaveP95Below(100)]) {
      expect(thrown(call)).toMatchObject({ code: 'inconclusive', message: expect.stringMatching(/^inconclusive: p95/) })
    }
    expect(log.judged.map(([, { status }]) => status)).toEqual(['inconclusive', 'inconclusive'])
  })

  it('goes on where the host lets it', () => {
    inconclusive = () => undefined
    expect(few).toHaveP95Below(100)
    expect(few).not.toHaveP95Below(100)
  })

  it('does not hide a limit that is not met', () => {
    const { message } = thrown(() => expect(few).toMeet({ p95: 100, max: 10 }))
    expect(message).toContain('1 not met, 1 inconclusive')
    expect(thrown(() => expect(few).toMeet({ p95: 100, max: 100 }))).toMatchObject({ code: 'inconclusive' })
    expect(few).not.toMeet({ p95: 100, max: 10 })
  })
})

describe('a run that has not started', () => {
  it('is started and judged, and its matcher guarded until then', async () => {
    const run = new Lazy(fast)
    const judged = expect(run).toHaveP95Below(100)
    expect(log.guards).toEqual(['toHaveP95Below started'])
    await judged
    expect(log.guards).toEqual(['toHaveP95Below started', 'toHaveP95Below settled'])
    await expect(run).not.toHaveP95Below(10)
    await expect(expect(run).toMeet({ p95: 10 })).rejects.toThrow(
      'expected p95 latency of "GET /" below 10 ms, got 20 ms',
    )
    expect(log.guards).toHaveLength(6)
  })

  it('is guarded no longer when it could not be carried out', async () => {
    const broken = Promise.reject(new LoadTestError('nothing-listens', 'nothing listens'))
    await expect(expect(broken).toHaveNoErrors()).rejects.toThrow('nothing listens')
    expect(log.guards).toEqual(['toHaveNoErrors started', 'toHaveNoErrors settled'])
  })

  it('is not started by a wrong limit', () => {
    const run = new Lazy(fast)
    expect(thrown(() => expect(run).toHaveP95Below('2 secs'))).toMatchObject({ code: 'invalid-options' })
    expect(log.guards).toEqual([])
  })

  it('works with resolves', async () => {
    await expect(new Lazy(fast)).resolves.toHaveP95Below(100)
    await expect(expect(new Lazy(fast)).resolves.toHaveP95Below(10)).rejects.toThrow('got 20 ms')
  })

  it('has matchers that are promises, a finished one has not', () => {
    expectTypeOf(expect(new Lazy(fast)).toHaveP95Below).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf(expect(new Lazy(fast)).not.toMeet).returns.toEqualTypeOf<Promise<void>>()
    expectTypeOf(expect(fast).toHaveP95Below).returns.toEqualTypeOf<void>()
    expectTypeOf(expect(fast.request('GET /')).toSustainRate).returns.toEqualTypeOf<void>()
    expectTypeOf(expect(Promise.resolve(fast)).resolves.toHaveP95Below).returns.toEqualTypeOf<Promise<void>>()
    const { toMeet } = expect(fast)
    type Given = Parameters<typeof toMeet>[0]
    expectTypeOf<{ p95: '300ms'; throughput: { above: 500 }; memory: { target: '1GB' } }>().toExtend<Given>()
    expectTypeOf<{ p95: { above: 300 } }>().not.toExtend<Given>()
    expectTypeOf<{ throughput: { below: 300 } }>().not.toExtend<Given>()
  })
})

describe('soft', () => {
  let judged: string[] = []

  it.fails('fails its test', () => {
    expect.soft(slow).toHaveP95Below(100)
    expect.soft(slow).toHaveNoErrors()
    judged = log.judged.map(([, { metric, status }]) => `${metric} ${status}`)
  })

  it('goes on after a failure', () => {
    expect(judged).toEqual(['p95 latency fail', 'error rate fail'])
  })
})

describe('asymmetric use', () => {
  it('works on a run that has ended', () => {
    expect({ run: fast }).toEqual({ run: expect.toHaveP95Below(100) })
    expect({ run: slow }).toEqual({ run: expect.not.toHaveP95Below(100) })
    expect({ run: slow }).not.toEqual({ run: expect.toHaveP95Below(100) })
  })

  it('is refused on one that has not started, whose promise vitest would take for a no', () => {
    const run = new Lazy(fast)
    expect(thrown(() => expect({ run }).toEqual({ run: expect.not.toHaveP95Below(1) }))).toMatchObject({
      code: 'invalid-options',
    })
    expect(thrown(() => expect({ run: few }).toEqual({ run: expect.not.toHaveP95Below(1000) }))).toMatchObject({
      code: 'inconclusive',
    })
  })
})

describe('mistakes', () => {
  it.each([
    [
      () => expect(5 as unknown).toHaveP95Below(1),
      [
        'toHaveP95Below(): 1 option is wrong',
        'expect(): expected a run of load() or a part of one such as run.request(name), got 5',
      ],
    ],
    [
      () => expect(fast).toHaveP95Below('2 secs'),
      ['toHaveP95Below(): 1 option is wrong', "limit: expected a time above 0 such as 300 or '300ms', got '2 secs'"],
    ],
    [
      () => expect(fast).toHavePercentileBelow(95, -1),
      [
        '2 options are wrong',
        'q:     expected a share between 0 and 1 such as 0.95, got 95',
        'limit: expected a time above 0',
      ],
    ],
    [() => expect(fast).toMeet({}), ['limits: expected at least one limit such as { p95: 300 }, got {}']],
    [
      () => expect(null as unknown).toMeet({ p59: 1 } as never),
      ['2 options are wrong', 'expect():', 'limits.p59:', 'did you mean p50?'],
    ],
    [
      () => expect(fast).toHaveErrorRateBelow(5),
      ['limit: expected a share above 0 and at most 1 such as 0.01 (which is 1 %), got 5'],
    ],
    [
      () => expect(fast).toHaveThroughputAbove('many' as never),
      ["limit: expected a rate per second of 0 or more, got 'many'"],
    ],
    [
      () => expect(fast).not.toHaveMemoryBelow('300ms'),
      ["limit: expected a size above 0 such as 300e6 or '300MB', got '300ms'"],
    ],
    ...[
      // @ts-expect-error: such a number is of the whole server
      () => expect(fast).toHaveMemoryGrowthBelow('1MB/h', { per: 'vu' }),
      // @ts-expect-error
      () => expect(fast).toHaveSeriesMaxBelow('memory', 5, { per: 'vu' }),
      // @ts-expect-error
      () => expect(fast).toHaveNoErrors({ per: 'vu' }),
      // @ts-expect-error
      () => expect(fast).toHaveNoMemoryLeak({ per: 'vu' }),
      // @ts-expect-error
      () => expect(fast).toHavePercentileBelow(0.5, 5, { per: 'vu' }),
    ].map((call): [() => void, string[]] => [call, ['1 option is wrong', 'arguments: one too many: {"per":"vu"}']]),
    [
      () => expect(fast).toHaveSeriesMaxBelow('queue', 5),
      [
        'toHaveSeriesMaxBelow(): 1 option is wrong',
        "series: expected one of 'queue.depth', 'cpu', 'memory'",
        "got 'queue'",
      ],
    ],
    [
      () => expect(fast).toMeet({ p95: 100, series: { pool: { max: 5 }, queue: { max: 5 } } }),
      ['toMeet(): 2 options are wrong', "got 'pool'", "got 'queue'"],
    ],
    [
      () => expect(fast).toHaveSeriesLastBelow('', 'x'),
      ['2 options are wrong', 'name:  expected that of a probe', "limit: expected a number, or a size such as '300MB'"],
    ],
  ])('%# are told in one error', (call, parts) => {
    const error = thrown(call)
    expect(error).toMatchObject({ code: 'invalid-options' })
    for (const part of parts) expect(error.message).toContain(part)
    expect(log.judged).toEqual([])
  })

  it.each([0, 1, Number.NaN, '0.95'])('of a share: %s', (q) => {
    expect(thrown(() => expect(fast).toHavePercentileBelow(q as number, 5)).message).toContain('q: expected a share')
  })

  it('of what a promise gave are told as well', async () => {
    await expect(expect(new Lazy(fast)).toHaveSeriesMaxBelow('queue', 1)).rejects.toThrow("got 'queue'")
    await expect(expect(new Lazy(5)).toHaveP95Below(1)).rejects.toThrow('got 5')
  })

  it('are shown where they were made, not inside of the library', async () => {
    const at = (error: Error) => error.stack?.split('\n').filter((frame) => /^ +at /.test(frame)) ?? []
    const lazy = await expect(new Lazy(5))
      .toHaveP95Below(1)
      .catch((error: Error) => error)
    const told = [
      thrown(() => expect(fast).toHaveP95Below('2 secs')),
      thrown(() => expect(few).toHaveP95Below(9)),
      lazy,
    ]
    for (const error of told as Error[]) {
      expect(at(error).join()).toContain('matchers.test.ts')
      expect(at(error).join()).not.toContain('/src/')
    }
  })

  it('of judging the warm-up, which is not measured, are refused', async () => {
    const refusal = 'got the warm-up, which is not measured: judge the run itself'
    expect(thrown(() => expect(fast.warmup).toHaveNoErrors()).message).toContain(refusal)
    await expect(expect(new Lazy(fast.warmup)).toHaveNoErrors()).rejects.toThrow(refusal)
  })
})
