// Limits on any series: how they are written, read and judged, and what is said where nothing is known.
import { describe, expect, it } from 'vitest'
import type { Limits } from '../../../src/core/limit.ts'
import { parseLimits } from '../../../src/core/limit-parser.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { Problems } from '../../../src/core/problems.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import type { Slice } from '../../../src/core/slice.ts'
import { judge, negate } from '../../../src/core/verdict.ts'
import { buildRun, buildServer, type RunParts } from '../../support/run-builder.ts'

const series = (values: readonly number[], unit: 'count' | 'bytes' | 'per second' = 'count') => ({
  unit,
  at: values.map((_, index) => (index + 1) * 1000),
  values,
})

const rising = (count: number, step: number) => Array.from({ length: count }, (_, index) => 100 + index * step)

const parts: RunParts = {
  ok: [1, 2, 3],
  probes: {
    queueDepth: series([0, 40, 20, 0]),
    'pool.waiting': series([0, 0, 0, 0]),
    'redis.memory': series(rising(30, 1e6), 'bytes'),
    hanging: series([]),
  },
  servers: [
    buildServer({ cpu: [40, 60], memory: [1e8, 2e8], openFiles: [9, 12] }),
    buildServer({ name: 'b', cpu: [70, 30], memory: [3e8, 1e8] }),
  ],
}
const run = buildRun(parts)

function parse(limits: unknown) {
  const problems = new Problems('toMeet()')
  const parsed = parseLimits(limits as Limits, problems)
  problems.throwIfAny()
  return parsed
}

function verdicts(limits: Limits['series'], slice: Slice = run) {
  return parse({ series: limits }).map((limit) => judge(slice, limit))
}

const problemsOf = (options: LoadOptions) => () => planLoad('http://127.0.0.1:3000/', options, defaultSettings)

describe('limits on series', () => {
  it('are read by name and figure; a bare value means at most', () => {
    const limits = {
      'pool.waiting': { max: 0 },
      queueDepth: { last: 0, mean: { below: 50 }, growth: { target: 0, critical: 100 } },
      memory: { max: '300MB', growth: '10MB/h' },
      app: { max: -5 },
    }
    const read = parse({ series: limits }).map(({ metric, series, relation, value }) => {
      return [metric, series?.name, series?.statistic, relation, value]
    })
    expect(read).toEqual([
      ['series', 'pool.waiting', 'max', 'at most', 0],
      ['series', 'queueDepth', 'mean', 'below', 50],
      ['series', 'queueDepth', 'last', 'at most', 0],
      ['series', 'queueDepth', 'growth', 'at most', 0],
      ['series', 'memory', 'max', 'at most', 300e6],
      ['series', 'memory', 'growth', 'at most', 10e6],
      ['series', 'app', 'max', 'at most', -5],
    ])
  })

  it.each<[unknown, string]>([
    [5, "limits.series: expected an object such as { 'pool.waiting': { max: 0 } }, got 5"],
    [{ queue: 5 }, 'limits.series.queue: expected an object such as { max: 0, mean: { below: 50 } }, got 5'],
    [{ queue: {} }, 'limits.series.queue: expected an object'],
    [{ queue: { maximum: 5 } }, 'limits.series.queue.maximum: unknown; there are max, mean, last, growth'],
    [{ queue: { max: 'many' } }, "limits.series.queue.max: expected a number, or a size such as '300MB', got 'many'"],
    [
      { memory: { growth: '10MB/s' } },
      "limits.series.memory.growth: expected a number, or a size per hour such as '10MB/h'",
    ],
    [{ queue: { max: Number.NaN } }, 'limits.series.queue.max: expected a number'],
    [{ queue: { max: { above: 5 } } }, 'limits.series.queue.max: above makes no sense for max of queue'],
    [{ cpu: { max: '5MB' } }, "limits.series.cpu.max: expected percent of one core above 0 such as 80, got '5MB'"],
    [{ loopDelay: { max: { below: 0 } } }, 'limits.series.loopDelay.max.below: expected a time above 0 such as 300'],
  ])('%j are mistakes', (given, text) => {
    expect(() => parse({ series: given })).toThrow(text)
  })

  it('of load() must be on something that it can have', () => {
    const limits: Limits = { series: { 'pool.waiting': { max: 0 }, memory: { max: '1GB' }, queue: { last: 0 } } }
    expect(problemsOf({ limits, probes: { pool: () => ({ waiting: 0 }), queue: () => 1 } })).not.toThrow()
    expect(problemsOf({ limits, probes: { pool: () => 1 } })).toThrow(
      'limits.series.queue: is no number of a server, and this load has the probes pool: add it to probes',
    )
    expect(problemsOf({ limits })).toThrow('limits.series.pool.waiting: is no number of a server, and this load has no')
  })
})

describe('the probes of load()', () => {
  it('may be functions and kinds of their own', () => {
    expect(problemsOf({ probes: { a: () => 1, b: { open: () => async () => ({ values: {} }) } } })).not.toThrow()
  })

  it.each<[unknown, string]>([
    [5, 'probes: expected functions by name such as { queueDepth: () => queue.length }, got 5'],
    [[() => 1], 'probes: expected functions by name'],
    [{ a: 5 }, 'probes.a: expected a function, prometheus(url) or redis(client), got 5'],
    [{ a: null }, 'probes.a: expected a function'],
    [{ '': () => 1 }, 'has no name'],
    [{ memory: () => 1 }, "probes.memory: memory is what a server's own number is called"],
    [{ a: () => 1, 'a.b': () => 1 }, 'probes.a.b: may be a number of the probe a'],
  ])('%o are mistakes', (probes, text) => {
    expect(problemsOf({ probes: probes as never })).toThrow(text)
  })
})

describe('a series is judged', () => {
  it('by its highest, its mean, its last', () => {
    const found = verdicts({ queueDepth: { max: 39, mean: { below: 15.1 }, last: 0 }, 'pool.waiting': { max: 0 } })
    expect(found.map(({ status, metric, value, relation }) => [status, metric, value, relation])).toEqual([
      ['fail', 'max of queueDepth', 40, 'at most'],
      ['pass', 'mean of queueDepth', 15, 'below'],
      ['pass', 'last of queueDepth', 0, 'at most'],
      ['pass', 'max of pool.waiting', 0, 'at most'],
    ])
  })

  it('of several servers by the worst', () => {
    const found = verdicts({ memory: { max: '250MB', last: '250MB' }, cpu: { mean: { below: 51 } } })
    expect(found.map(({ status, value, unit }) => [status, value, unit])).toEqual([
      ['fail', 3e8, 'bytes'],
      ['pass', 2e8, 'bytes'],
      ['pass', 50, 'percent'],
    ])
  })

  it('by what is not known of one server as well', () => {
    const [few, many] = verdicts({ openFiles: { max: 20 } }).concat(verdicts({ openFiles: { max: 10 } }))
    expect(few).toMatchObject({ status: 'inconclusive', value: 12, atLeast: true })
    expect(few?.reason).toBe('openFiles of "b" is not known: no sample was taken in this time')
    expect(many?.status).toBe('fail')
  })

  it('by its growth in an hour, between the ends of its interval', () => {
    // 1 MB a second without any scatter.
    const [pass, fail] = verdicts({ 'redis.memory': { growth: '3601MB/h' } }).concat(
      verdicts({ 'redis.memory': { growth: { below: '3600MB/h' } } }),
    )
    expect(pass).toMatchObject({ status: 'pass', metric: 'growth of redis.memory per hour', unit: 'bytes per hour' })
    expect(pass?.value).toBeCloseTo(3600e6, -3)
    expect(fail?.status).toBe('fail')
  })

  it('inconclusive where the limit lies inside of that interval', () => {
    const scattered = Array.from({ length: 30 }, (_, index) => ((index * 7919) % 13) + index * 0.01)
    const slice = buildRun({ ok: [1], probes: { queue: series(scattered) } })
    const [verdict] = verdicts({ queue: { growth: 30 } }, slice)
    expect(verdict).toMatchObject({ status: 'inconclusive', atLeast: false })
    expect(verdict?.reason).toMatch(
      /^it grows by -[\d,.]+ to [\d,.]+ an hour \(99 % interval\): a longer run narrows that$/,
    )
    expect(negate(verdict as NonNullable<typeof verdict>).status).toBe('inconclusive')
    expect(verdicts({ queue: { growth: 1e6 } }, slice)[0]?.status).toBe('pass')
  })

  it.each<[string, Limits['series'], string]>([
    ['never answered', { hanging: { max: 5 } }, 'no sample of hanging was taken in this time'],
    ['never answered with this name', { 'hanging.rows': { max: 5 } }, 'no sample of hanging.rows was taken'],
    ['nobody read', { heapUsed: { max: 5 } }, 'heapUsed of "server", "b" is not known'],
    ['is too short to grow', { cpu: { growth: 5 } }, 'growth needs three samples, and cpu has 2 in this time'],
    ['there is none of', { queue: { max: 5 } }, "no such series: expected one of 'queueDepth', 'pool.waiting'"],
  ])('as unknown when it %s', (_, limits, reason) => {
    const [verdict] = verdicts(limits)
    expect(verdict).toMatchObject({ status: 'inconclusive', value: null })
    expect(verdict?.reason).toContain(reason)
  })

  it('as unknown where no server is watched', () => {
    expect(verdicts({ memory: { max: 5 } }, buildRun({ ok: [1] }))[0]?.reason).toContain('no server is watched')
  })

  it('in the time of its slice', () => {
    const parts = { duration: 4000, ok: [1, 2, 3, 4] }
    const slice = buildRun({ ...parts, probes: { queueDepth: series([0, 40, 20, 0]) } }).window(2000, 4000)
    const [max, mean] = verdicts({ queueDepth: { max: 20, mean: 9 } }, slice)
    expect(max).toMatchObject({ status: 'pass', value: 20 })
    expect(mean).toMatchObject({ status: 'fail', value: 10 })
    const empty = buildRun({ ...parts, probes: { queueDepth: series([5]) } }).window(2000, 4000)
    expect(verdicts({ queueDepth: { max: 20 } }, empty)[0]).toMatchObject({ status: 'inconclusive', value: null })
  })

  it('not by its peak, mean or last where the probe did not answer', () => {
    const gap = (start: number, end: number, values = [0, 5, 0]) => {
      const queue = { ...series(values), gaps: [{ start, end }] }
      return buildRun({ duration: 10_000, ok: [1], probes: { queue } })
    }
    const limits = { queue: { max: 9, mean: 9, last: 9 } }
    const states = (slice: Slice) => verdicts(limits, slice).map(({ status }) => status)
    expect(states(gap(3000, 10_000))).toEqual(['inconclusive', 'inconclusive', 'inconclusive'])
    expect(states(gap(100, 1200))).toEqual(['inconclusive', 'inconclusive', 'pass'])
    expect(states(gap(100, 900))).toEqual(['pass', 'pass', 'pass'])
    expect(verdicts(limits, gap(3000, 10_000)).map(({ reason }) => reason)).toEqual([
      'its probe gave nothing for 7 s of 10 s',
      'its probe gave nothing for 7 s of 10 s',
      'its probe gave nothing any more after 3 s',
    ])
    // What was seen was too much, whatever was not.
    expect(verdicts({ queue: { max: 4 } }, gap(3000, 10_000))[0]).toMatchObject({ status: 'fail', value: 5 })
    expect(states(gap(0, 900).window(1000, 3000))).toEqual(['pass', 'pass', 'pass'])
  })

  it('as "at least" where a sample was that or more', () => {
    const slow = { ...series([1, 5, 5, 1]), atLeast: [{ start: 1000, end: 3000 }] }
    const slice = buildRun({ duration: 4000, ok: [1], probes: { p99: slow } })
    const [low, high] = verdicts({ p99: { max: 4 } }, slice).concat(verdicts({ p99: { max: 6 } }, slice))
    expect(low).toMatchObject({ status: 'fail', value: 5, atLeast: true })
    expect(high).toMatchObject({ status: 'inconclusive', value: 5, atLeast: true })
    expect(high?.reason).toContain('only "at least" is known')
    expect(verdicts({ p99: { max: 6, last: 6 } }, slice.window(3000, 4000)).map(({ status }) => status)).toEqual([
      ...['pass', 'pass'],
    ])
    expect(verdicts({ p99: { last: 6 } }, slice)[0]?.status).toBe('pass')
    expect(verdicts({ p99: { last: 6 } }, slice.window(1000, 3000))[0]?.status).toBe('inconclusive')
  })

  it('in a stage', () => {
    const at = [1000, 2000, 3000, 4000]
    const stage = { name: 'peak', start: 1000, end: 3000, from: 1, to: 1, lanes: [], lag: buildRun().data.lag }
    const probes = { queueDepth: { unit: 'count' as const, at, values: [0, 8, 4, 90] } }
    const slice = buildRun({ duration: 4000, ok: [1], probes, stages: [stage] }).stage('peak')
    expect(slice.probe('queueDepth').values).toEqual([8, 4])
    expect(verdicts({ queueDepth: { max: 8, last: 4 } }, slice).map(({ status }) => status)).toEqual(['pass', 'pass'])
  })

  it('of a request as what it is for all of them', () => {
    const slice = buildRun({ requests: { a: { ok: [1] }, b: { ok: [1] } }, probes: parts.probes ?? {} }).request('a')
    expect(verdicts({ queueDepth: { max: 50 } }, slice)[0]?.notes).toEqual([
      'max of queueDepth is that of all requests together',
    ])
  })
})

describe('run.probe() and run.series()', () => {
  it('give what can be read off them', () => {
    expect(run.probe('queueDepth').max).toBe(40)
    expect(run.series('queueDepth').mean).toBe(15)
    expect(run.series('memory').max).toBe(3e8)
    expect(run.series('openFiles').last).toBe(12)
    expect(run.probe('redis.memory').growth.slope).toBeCloseTo(3600e6, -3)
  })

  it('know nothing where nothing was sampled', () => {
    expect(run.probe('hanging').max).toBe(Number.NaN)
    expect(run.probe('hanging.rows').count).toBe(0)
    expect(run.series('heapUsed').count).toBe(0)
  })

  it('name those there are', () => {
    expect(() => run.probe('queue')).toThrow(
      "run.probe(): expected one of 'queueDepth', 'pool.waiting', 'redis.memory', 'hanging', got 'queue'",
    )
    expect(() => run.probe('memory')).toThrow("got 'memory'")
    expect(() => run.series('queue')).toThrow("'hanging', 'cpu', 'memory', 'openFiles', got 'queue'")
    expect(() => buildRun({ ok: [1] }).probe('x')).toThrow('run.probe(): expected a run with probes, got')
  })
})
