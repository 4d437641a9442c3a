// The grammar of limits: what is accepted, and what is refused in which words.
import { describe, expect, it } from 'vitest'
import { implicitErrorLimit, type Limit, type Limits, strictly } from '../../../src/core/limit.ts'
import { parseLimits } from '../../../src/core/limit-parser.ts'
import { Problems } from '../../../src/core/problems.ts'

function parse(limits: unknown) {
  const problems = new Problems('toMeet()')
  const parsed = parseLimits(limits as Limits, problems)
  problems.throwIfAny()
  return parsed
}

describe('a bare value', () => {
  it.each([
    ['p50', 20, 'below', 20],
    ['p75', 20.5, 'below', 20.5],
    ['p90', '300ms', 'below', 300],
    ['p95', '1.5s', 'below', 1500],
    ['p99', 300, 'below', 300],
    ['p999', '2m', 'below', 120_000],
    ['mean', 50, 'below', 50],
    ['max', 50, 'below', 50],
    ['errorRate', 0, 'at most', 0],
    ['errorRate', 1, 'at most', 1],
    ['throughput', 500, 'at least', 500],
    ['rate', 200, 'at least', 200],
    ['dropped', 0, 'at most', 0],
    ['checks', 1, 'at least', 1],
    ['cpu', 250, 'below', 250],
    ['memory', '300MB', 'below', 300e6],
    ['memory', 1024, 'below', 1024],
  ])('{ %s: %s } is %s %d', (metric, given, relation, value) => {
    expect(parse({ [metric]: given })).toEqual([{ metric, relation, value }])
  })
})

describe('a direction', () => {
  it.each([
    ['p95', { below: '300ms' }, 'below', 300],
    ['errorRate', { below: 0.05 }, 'below', 0.05],
    ['dropped', { below: 5 }, 'below', 5],
    ['memory', { below: '1GiB' }, 'below', 2 ** 30],
    ['throughput', { above: 500 }, 'above', 500],
    ['throughput', { above: 0 }, 'above', 0],
    ['checks', { above: 0.99 }, 'above', 0.99],
    ['rate', { above: 99 }, 'above', 99],
  ])('%s: %o', (metric, given, relation, value) => {
    expect(parse({ [metric]: given })).toEqual([{ metric, relation, value }])
  })

  it('that makes no sense is refused', () => {
    expect(() => parse({ p95: { above: 300 } })).toThrow(
      'limits.p95: above makes no sense for p95 latency, where less is better: say { below: value }',
    )
    expect(() => parse({ throughput: { below: 5 } })).toThrow(
      'limits.throughput: below makes no sense for throughput, where more is better: say { above: value }',
    )
  })
})

describe('levels', () => {
  it('fail beyond acceptable, without it beyond target, without that beyond critical', () => {
    const value = (levels: object) => parse({ p95: levels })[0]
    expect(value({ target: 100, acceptable: '200ms', critical: '1s' })).toEqual({
      metric: 'p95',
      relation: 'below',
      value: 200,
      levels: { target: 100, acceptable: 200, critical: 1000 },
    })
    expect(value({ target: 100, critical: 1000 })?.value).toBe(100)
    expect(value({ critical: 1000 })?.value).toBe(1000)
    expect(parse({ throughput: { target: 500, acceptable: 400 } })).toEqual([
      { metric: 'throughput', relation: 'at least', value: 400, levels: { target: 500, acceptable: 400 } },
    ])
  })

  it('must be in order', () => {
    expect(() => parse({ p95: { target: 300, acceptable: 200 } })).toThrow(
      'limits.p95: expected target <= acceptable <= critical, got {"target":300,"acceptable":200}',
    )
    expect(() => parse({ rate: { target: 300, critical: 301 } })).toThrow('expected target >= acceptable >= critical')
  })

  it('are values of the metric', () => {
    expect(() => parse({ p95: { target: 'fast', critical: 100 } })).toThrow('toMeet(): 1 option is wrong\n')
    expect(() => parse({ p95: { target: 'fast', critical: -1 } })).toThrow(
      "limits.p95.target:   expected a time above 0 such as 300 or '300ms', got 'fast'",
    )
  })
})

describe('mistakes', () => {
  it('are all told at once', () => {
    const given = { p59: 1, p95: '2 secs', errorRate: 5, throughput: {}, memory: { bellow: 3 }, wibble: 1 }
    expect(() => parse(given)).toThrow(
      [
        'toMeet(): 6 options are wrong',
        '  limits.p59:           unknown limit; did you mean p50?',
        '  limits.wibble:        unknown limit; there are p50, p75, p90, p95, p99, p999, mean, max, errorRate, ' +
          'throughput, rate, dropped, checks, cpu, memory, heap, loopDelay, gcPause, handles, diskRead, diskWrite, sent, received, memoryGrowth, memoryLeak, series',
        "  limits.p95:           expected a time above 0 such as 300 or '300ms', got '2 secs'",
        '  limits.errorRate:     expected a share of 0 to 1 such as 0.01 (which is 1 %), got 5',
        '  limits.throughput:    expected a value, { above: value } or { target, acceptable, critical }, got {}',
        '  limits.memory.bellow: unknown; did you mean below?',
      ].join('\n'),
    )
  })

  it.each([
    [{ p95: 0 }],
    [{ p95: Number.NaN }],
    [{ p95: undefined }],
    [{ p95: null }],
    [{ p95: [300] }],
    [{ p95: { below: { below: 3 } } }],
    [{ p95: { below: 3, above: 1 } }],
    [{ p95: { below: 3, target: 1 } }],
    [{ memory: 'lots' }],
    [{ memory: '300ms' }],
    [{ cpu: '80' }],
    [{ cpu: 0 }],
    [{ throughput: 0 }],
    [{ throughput: Number.POSITIVE_INFINITY }],
    [{ throughput: -5 }],
    [{ errorRate: { below: 0 } }],
    [{ errorRate: -0.1 }],
    [{ checks: { above: 1 } }],
    [{ checks: 0 }],
    [{ checks: 99 }],
    [{ dropped: -1 }],
    [300],
    ['p95'],
    [null],
    [[{ p95: 300 }]],
  ])('%j is refused', (limits) => {
    expect(() => parse(limits)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
  })

  it('name what would be right in that direction', () => {
    expect(() => parse({ throughput: 0 })).toThrow('expected a rate per second above 0, got 0')
    expect(() => parse({ throughput: { above: -1 } })).toThrow('expected a rate per second of 0 or more, got -1')
    expect(() => parse({ dropped: { below: 0 } })).toThrow('expected a number above 0, got 0')
    expect(() => parse({ checks: 0 })).toThrow('expected a share above 0 and at most 1 such as 0.99')
    expect(() => parse({ checks: { above: 1 } })).toThrow('expected a share of 0 or more and below 1 such as 0.99')
  })

  it('of inherited names are not limits', () => {
    expect(() => parse({ toString: 1 })).toThrow('unknown limit')
    expect(() => parse({ constructor: 1 })).toThrow('unknown limit')
  })
})

it('keeps the order in which limits were written', () => {
  expect(parse({ errorRate: 0.1, p50: 3 }).map(({ metric }) => metric)).toEqual(['errorRate', 'p50'])
  expect(parse({})).toEqual([])
})

it('has an implicit error limit', () => {
  expect(implicitErrorLimit(0.02)).toEqual({ metric: 'errorRate', relation: 'at most', value: 0.02 })
})

describe('numbers of servers', () => {
  it('may be meant for each virtual user', () => {
    expect(parse({ memory: { below: '2MB', per: 'vu' } })).toEqual([
      { metric: 'memory', relation: 'below', value: 2e6, per: 'vu' },
    ])
    expect(() => parse({ p95: { below: 3, per: 'vu' } })).toThrow('p95 latency is no number that users have a share of')
    for (const limits of [
      { memoryGrowth: { below: 3, per: 'vu' } },
      { series: { memory: { max: { below: 3, per: 'vu' } } } },
    ]) {
      expect(() => parse(limits as Limits)).toThrow('is no number that users have a share of: leave per out')
    }
    expect(() => parse({ memory: { below: 3, per: 'request' } })).toThrow("limits.memory.per: expected 'vu'")
  })

  it('that are rates are sizes by the second or the hour', () => {
    expect(
      parse({ diskWrite: '5MB/s', memoryGrowth: { target: 0, acceptable: '10MB/h', critical: '50MB/h' } }),
    ).toEqual([
      { metric: 'diskWrite', relation: 'below', value: 5e6 },
      {
        metric: 'memoryGrowth',
        relation: 'at most',
        value: 10e6,
        levels: { target: 0, acceptable: 10e6, critical: 50e6 },
      },
    ])
    expect(() => parse({ diskWrite: '5MB/h' })).toThrow("such as 5e6 or '5MB/s', got '5MB/h'")
    expect(() => parse({ memoryGrowth: '5MB/s' })).toThrow("such as 10e6 or '10MB/h', got '5MB/s'")
  })
})

it('strictly, only the target passes', () => {
  const [limit] = parse({ p95: { target: 100, acceptable: 500, critical: 1000 } })
  expect(strictly(limit as Limit)).toMatchObject({ value: 100, levels: { acceptable: 500 } })
  const [plain] = parse({ p95: 300 })
  expect(strictly(plain as Limit)).toMatchObject({ value: 300 })
})
