// Probes that answer, fail, hang and talk nonsense, and what is made of each.

import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { ProbeFunction, ProbeReader, ProbeReading } from '../../../src/core/probe.ts'
import { type ProbeReport, readerOf, watchProbes } from '../../../src/monitor/probes.ts'

const limit = 30

interface Followed {
  readonly report: ProbeReport
  /** How often each was asked. */
  readonly asked: Readonly<Record<string, number>>
}

/** Asks before the start, `rounds` times in the measured time, and at the end. */
async function follow(probes: Readonly<Record<string, ProbeFunction | ProbeReader>>, rounds = 3): Promise<Followed> {
  const asked: Record<string, number> = {}
  const readers = Object.entries(probes).map(([name, probe]) => {
    const reader = probe.length === 0 ? readerOf(probe as ProbeFunction) : (probe as ProbeReader)
    const counted: ProbeReader = (signal) => {
      asked[name] = (asked[name] ?? 0) + 1
      return reader(signal)
    }
    return [name, counted] as const
  })
  let round = () => {}
  const every = (callback: () => void) => {
    round = callback
    return () => {
      round = () => {}
    }
  }
  await using watch = watchProbes(Object.fromEntries(readers), { limit, every })
  await sleep(5)
  const start = performance.now()
  for (let index = 0; index < rounds; index++) {
    await sleep(5)
    round()
  }
  await sleep(5)
  return { report: await watch.finish(start, performance.now() - start), asked }
}

const only = (values: readonly number[]) => {
  let index = 0
  return () => values[index++] as number
}

describe('a probe', () => {
  it('is asked before, during and after the load; what was before is no part of it', async () => {
    const { report, asked } = await follow({ queueDepth: only([99, 1, 2, 3, 4]) })
    expect(asked).toEqual({ queueDepth: 5 })
    expect(report.series.queueDepth).toMatchObject({ unit: 'count', values: [1, 2, 3, 4] })
    const { at = [] } = report.series.queueDepth ?? {}
    expect([...at].sort((a, b) => a - b)).toEqual(at)
    expect(at[0]).toBeGreaterThan(0)
    expect(report.warnings).toEqual([])
  })

  it('may give several numbers, and promise them', async () => {
    const pool: ProbeFunction = async () => ({ waiting: 1, total: 5 })
    const { report } = await follow({ pool }, 1)
    expect(report.series).toMatchObject({ 'pool.waiting': { values: [1, 1] }, 'pool.total': { values: [5, 5] } })
  })

  it('that throws is reported once, with how often and why, without secrets', async () => {
    let calls = 0
    const broken: ProbeFunction = () => {
      if (++calls % 2 === 0) throw new Error('no postgres://user:hunter2@db/x\nat line 5')
      return calls
    }
    const { report } = await follow({ broken })
    const { values, at = [], gaps = [] } = report.series.broken ?? {}
    expect(values).toEqual([3, 5])
    // Asked before the start: 1; in it: fails, 3, fails; after it: 5.
    const [first, second] = gaps
    expect([gaps.length, first?.start]).toEqual([2, 0])
    expect(first?.end).toBeLessThan(at[0] as number)
    expect([second?.start, (second?.end as number) < (at[1] as number)]).toEqual([at[0], true])
    expect(report.warnings).toEqual(["the probe 'broken' failed 2 of 5 times: no postgres://[redacted]@db/x"])
  })

  it('that never answers is named, and not asked again while it runs', async () => {
    const hanging: ProbeFunction = () => new Promise<number>(() => {})
    const { report, asked } = await follow({ hanging, other: () => 1 })
    expect(asked).toEqual({ hanging: 1, other: 5 })
    expect(report.series.hanging).toEqual({ unit: 'count', at: [], values: [] })
    expect(report.series.other?.values).toEqual([1, 1, 1, 1])
    expect(report.warnings).toEqual([
      "the probe 'hanging' never gave a number: it failed 1 of 1 time: no answer within 0.03 s; while it was still running it was not asked again",
    ])
  })

  it('that answers too late has a gap there, and is asked again', async () => {
    let calls = 0
    const late: ProbeFunction = async () => {
      if (++calls === 1) await sleep(3 * limit)
      return calls
    }
    let round = () => {}
    const watch = watchProbes(
      { late: readerOf(late) },
      {
        limit,
        every: (callback) => {
          round = callback
          return () => {}
        },
      },
    )
    const start = performance.now()
    await sleep(5 * limit)
    round()
    const report = await watch.finish(start, performance.now() - start)
    expect(report.series.late?.values).toEqual([2, 3])
    expect(report.series.late?.gaps).toHaveLength(1)
    expect(report.warnings).toEqual(["the probe 'late' failed 1 of 3 times: no answer within 0.03 s"])
  })

  it.each<[unknown, string]>([
    ['12', "expected a number or an object of numbers, got '12'"],
    [undefined, 'got undefined'],
    [null, 'got null'],
    [[1, 2], 'got [1,2]'],
    [{}, 'got {}'],
    [5n, 'got 5n'],
    [Number.NaN, 'odd: expected a finite number, got NaN'],
    [Number.POSITIVE_INFINITY, 'odd: expected a finite number, got Infinity'],
    [{ a: '1' }, "odd.a: expected a finite number, got '1'"],
    [{ a: { b: 1 } }, 'odd.a: expected a finite number, got {"b":1}'],
  ])('that says %s is told what is right', async (given, reason) => {
    const { report } = await follow({ odd: () => given as number }, 1)
    expect(Object.values(report.series).flatMap(({ values }) => values)).toEqual([])
    expect(report.warnings).toEqual([expect.stringContaining(reason)])
    expect(report.warnings[0]).toContain("the probe 'odd' never gave a number: it failed 3 of 3 times: ")
  })

  it('keeps the numbers that are right beside those that are not', async () => {
    const { report } = await follow({ mixed: () => ({ good: 1, bad: Number.NaN }) }, 1)
    expect(report.series['mixed.good']?.values).toEqual([1, 1])
    expect(report.warnings).toEqual([
      "the probe 'mixed' failed 3 of 3 times: mixed.bad: expected a finite number, got NaN",
    ])
  })

  it('does not fill the memory with names', async () => {
    let calls = 0
    const many = () => Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`user${index + 80 * calls++}`, 1]))
    const { report } = await follow({ many })
    expect(Object.keys(report.series)).toHaveLength(100)
    expect(report.warnings).toEqual([expect.stringContaining("the probe 'many': it has more than 100 numbers")])
  })

  it('of a kind of its own says what is not there', async () => {
    let calls = 0
    const seen: ProbeReading['values'] = { 'seen.p95': { value: 5, unit: 'bytes' } }
    const source: ProbeReader = async (_signal) => ({
      values: ++calls > 2 ? seen : {},
      absent: calls > 2 ? ['never'] : ['never', 'seen'],
      remarks: ['read with care'],
    })
    const { report } = await follow({ app: source })
    expect(report.series).toEqual({
      'app.never': { unit: 'count', at: [], values: [] },
      'app.seen.p95': { unit: 'bytes', at: expect.any(Array), values: [5, 5, 5] },
    })
    expect(report.warnings).toEqual([
      "the probe 'app' never gave 'never': there was no such number, or nothing to be read off it",
      "the probe 'app': read with care",
    ])
  })

  it('is told when nobody waits any more', async () => {
    const told: unknown[] = []
    const deaf: ProbeReader = (signal) => {
      signal.addEventListener('abort', () => told.push('too late'))
      return new Promise(() => {})
    }
    await follow({ deaf })
    expect(told).toEqual(['too late'])
  })
})

it('a probe that hangs in the middle leaves a gap up to the end', async () => {
  let calls = 0
  const { report } = await follow({ queue: () => (++calls < 4 ? calls : new Promise<number>(() => {})) }, 4)
  const { values, at = [], gaps = [] } = report.series.queue ?? {}
  expect(values).toEqual([2, 3])
  expect(gaps.map(({ start }) => start)).toEqual([at[1]])
  expect(gaps[0]?.end).toBeGreaterThan((at[1] as number) + limit / 2)
})

it('numbers that are lower bounds are marked with their time', async () => {
  let calls = 0
  const slow: ProbeReader = async (_signal) => {
    const atLeast = ++calls === 3
    return { values: { p99: { value: 5, unit: 'count', ...(atLeast ? { atLeast } : {}) } } }
  }
  const { at = [], atLeast } = (await follow({ slow })).report.series['slow.p99'] ?? {}
  expect(atLeast).toEqual([{ start: at[0], end: at[1] }])
})

it('nothing to ask asks for no timer', async () => {
  const watch = watchProbes(
    {},
    {
      every: () => {
        throw new Error('a timer')
      },
    },
  )
  expect(await watch.finish(0, 1000)).toEqual({ series: {}, warnings: [] })
})
