// What a verdict is: the rules one by one, and thousands of generated cases against a second implementation.

import { describe, expect, it } from 'vitest'
import { implicitErrorLimit, type Limit, type Limits, strictly } from '../../../src/core/limit.ts'
import { parseLimits } from '../../../src/core/limit-parser.ts'
import { Problems } from '../../../src/core/problems.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { Slice } from '../../../src/core/slice.ts'
import { judge, negate, samplesNeeded, type Verdict } from '../../../src/core/verdict.ts'
import { warning } from '../../../src/core/warning.ts'
import { type NaiveLimit, naiveVerdict } from '../../support/naive-verdict.ts'
import { buildRun, buildServer, type RunParts } from '../../support/run-builder.ts'

const times = (count: number, ms: number) => Array<number>(count).fill(ms)
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

function verdictOn(parts: RunParts, limits: Limits): Verdict {
  const problems = new Problems('test')
  const [limit] = parseLimits(limits, problems)
  problems.throwIfAny()
  return judge(buildRun(parts), limit as Limit)
}

const statusOf = (parts: RunParts, limits: Limits) => verdictOn(parts, limits).status

describe('percentiles', () => {
  it.each([
    [0.5, 5],
    [0.75, 11],
    [0.9, 29],
    [0.95, 59],
    [0.99, 299],
    [0.999, 2995],
    [0.1, 2],
  ])('at %d needs %d samples to pass', (q, count) => {
    // From exact fractions (Python): the smallest n with q^n <= 1/20.
    expect(samplesNeeded(q)).toBe(count)
  })

  it('is marginal within its interval, and not for a limit far above all samples', () => {
    const marginal = (limit: number) => verdictOn({ ok: upTo(60) }, { p95: limit }).marginal
    expect([marginal(58), marginal(59.5), marginal(500)]).toEqual([true, true, false])
  })

  it('passes with 59 samples, not with 58', () => {
    expect(statusOf({ ok: times(59, 20) }, { p95: 100 })).toBe('pass')
    expect(verdictOn({ ok: times(58, 20) }, { p95: 100 })).toMatchObject({
      status: 'inconclusive',
      value: 20,
      reason: '58 samples cannot tell: p95 latency needs 1 more (59 in all); toHaveMaxBelow judges just what was seen',
    })
  })

  it('fails with few samples when too many of them are above', () => {
    expect(statusOf({ ok: times(20, 200) }, { p95: 100 })).toBe('fail')
    // P(Binomial(20, 0.05) >= 3) = 0.075, >= 4: 0.016.
    expect(statusOf({ ok: [...times(17, 20), ...times(3, 200)] }, { p95: 100 })).toBe('inconclusive')
    expect(statusOf({ ok: [...times(16, 20), ...times(4, 200)] }, { p95: 100 })).toBe('fail')
  })

  it('fails on a single sample exactly at the 5 % that the test allows', () => {
    expect(statusOf({ ok: [200] }, { p95: 100 })).toBe('fail')
    expect(statusOf({ ok: [200] }, { p90: 100 })).toBe('inconclusive')
  })

  it('does not fail few samples that a bucket of the histogram only rounds up to the limit', () => {
    expect(statusOf({ ok: times(20, 99.99) }, { p95: 100 })).toBe('inconclusive')
  })

  it('is below the limit only if it is not at it', () => {
    expect(statusOf({ ok: times(100, 1.5) }, { p95: 1.5 })).toBe('fail')
    expect(statusOf({ ok: times(100, 1.5) }, { p95: 1.501 })).toBe('pass')
  })

  it('is marginal where the limit lies inside the interval', () => {
    // Ranks 184 and 197 of 200: exact binomial quantiles (Python fractions), the upper one plus 1.
    const verdict = verdictOn({ ok: upTo(200) }, { p95: 195 })
    expect(verdict).toMatchObject({ status: 'pass', marginal: true })
    expect([verdict.value, verdict.interval?.lower, verdict.interval?.upper].map((ms) => Math.floor(ms ?? 0))).toEqual([
      190, 184, 197,
    ])
    expect(verdict.notes).toEqual([
      'marginal: the limit lies inside the 95 % interval (184 ms to 197 ms), another run may decide otherwise',
    ])
    expect(verdictOn({ ok: upTo(60) }, { p95: 59 }).notes).toEqual([
      'marginal: the limit lies inside the 95 % interval (53.0 ms or more), another run may decide otherwise',
    ])
    expect(verdictOn({ ok: upTo(200) }, { p95: 199 })).toMatchObject({ status: 'pass', marginal: false, notes: [] })
    expect(verdictOn({ ok: upTo(200) }, { p95: 186 })).toMatchObject({ status: 'fail', marginal: true })
    expect(verdictOn({ ok: upTo(200) }, { p95: 180 })).toMatchObject({ status: 'fail', marginal: false })
  })

  it('is marginal at the very ends of the interval', () => {
    const ok = upTo(200).map((count) => count / 1000)
    const marginal = (ms: number) => verdictOn({ ok }, { p95: ms }).marginal
    expect([0.1835, 0.184, 0.197, 0.1975].map(marginal)).toEqual([false, true, true, false])
  })

  it('gives an open interval where the samples end', () => {
    expect(verdictOn({ ok: upTo(60) }, { p95: 100 }).interval).toMatchObject({ upper: null })
    expect(verdictOn({ ok: [] }, { p95: 100 }).interval).toBeNull()
    expect(verdictOn({ ok: upTo(60) }, { mean: 100 }).interval).toBeNull()
  })

  it('fails on time-outs above the limit and cannot tell about those below it', () => {
    const parts = { ok: times(80, 20), timedOut: times(20, 1000) }
    expect(verdictOn(parts, { p95: 500 })).toMatchObject({ status: 'fail', value: 1000, atLeast: true })
    expect(verdictOn(parts, { p95: 2000 })).toMatchObject({
      status: 'inconclusive',
      value: 1000,
      atLeast: true,
      reason: 'it lands on iterations that timed out or had not ended: at least 1,000 ms',
    })
    expect(verdictOn(parts, { p50: 100 })).toMatchObject({ status: 'pass', atLeast: false })
  })

  it('says between what it is where short unfinished iterations may move it', () => {
    const parts = { ok: upTo(100), unfinished: times(20, 0.5) }
    expect(verdictOn(parts, { p50: 50 })).toMatchObject({
      status: 'inconclusive',
      reason: 'it is between 40.0 ms and 60.0 ms, depending on iterations that timed out or had not ended',
    })
    expect(statusOf(parts, { p50: 40 })).toBe('fail')
    expect(statusOf(parts, { p50: 61 })).toBe('pass')
  })

  it('never passes on nothing', () => {
    const reason = (parts: RunParts) => verdictOn(parts, { p95: 100 }).reason
    expect(reason({ failed: 3, dropped: 1 })).toBe('0 of 4 iterations ended ok: 3 failed, 1 dropped')
    expect(reason({ timedOut: times(3, 50), unfinished: [20] })).toBe(
      '0 of 4 iterations ended ok: 3 timed out, 1 unfinished',
    )
    expect(reason({})).toBe('no iteration was due')
    expect(verdictOn({ failed: 3 }, { p95: 100 })).toMatchObject({ status: 'inconclusive', value: null })
  })
})

describe('other numbers', () => {
  it('takes mean and max as seen, with time-outs as lower bounds', () => {
    expect(statusOf({ ok: [10, 20] }, { mean: 16 })).toBe('pass')
    expect(statusOf({ ok: [10, 20] }, { max: 20 })).toBe('fail')
    expect(statusOf({ ok: [10, 20], timedOut: [100] }, { max: 200 })).toBe('inconclusive')
    expect(statusOf({ ok: [10, 20], timedOut: [100] }, { max: 100 })).toBe('fail')
    expect(statusOf({ failed: 1 }, { max: 100 })).toBe('inconclusive')
  })

  it('judges errors', () => {
    expect(statusOf({ ok: times(99, 1), failed: 1 }, { errorRate: 0.01 })).toBe('pass')
    expect(verdictOn({ ok: times(99, 1), failed: 1 }, { errorRate: { below: 0.01 } })).toMatchObject({
      status: 'fail',
      implicit: false,
    })
    expect(verdictOn({ unfinished: [5], dropped: 1 }, { errorRate: 0.5 })).toMatchObject({
      status: 'inconclusive',
      reason: '0 of 2 iterations ended ok: 1 unfinished, 1 dropped',
    })
    expect(judge(buildRun({ failed: 2 }), implicitErrorLimit(0.01), { implicit: true })).toMatchObject({
      status: 'fail',
      implicit: true,
      relation: 'at most',
      limit: 0.01,
      value: 1,
    })
  })

  it('judges throughput, by what ended in time in a closed model', () => {
    expect(statusOf({ ok: times(100, 1), duration: 1000 }, { throughput: 100 })).toBe('pass')
    expect(statusOf({ ok: times(100, 1), duration: 1000 }, { throughput: { above: 100 } })).toBe('fail')
    expect(verdictOn({ ok: times(100, 1), okInTime: 90, duration: 1000 }, { throughput: 95 })).toMatchObject({
      status: 'fail',
      value: 90,
    })
    expect(statusOf({ duration: 0 }, { throughput: 95 })).toBe('inconclusive')
  })

  it('lets a sustained rate lack 1 %', () => {
    const run = (ok: number) => ({ ok: times(ok, 1), duration: 1000, asked: { rate: 200 }, dropped: 200 - ok })
    expect(verdictOn(run(200), { rate: 200 })).toMatchObject({ status: 'pass', notes: [] })
    expect(verdictOn(run(198), { rate: 200 })).toMatchObject({
      status: 'pass',
      notes: ['within the 1 % that a sustained rate may lack'],
    })
    expect(verdictOn(run(197), { rate: 200 })).toMatchObject({ status: 'fail', notes: [] })
    expect(statusOf(run(199), { dropped: 0 })).toBe('fail')
    expect(statusOf(run(199), { dropped: 1 })).toBe('pass')
  })

  it('says when less was asked for than is expected', () => {
    const run = { ok: times(100, 1), duration: 1000, asked: { rate: 100 } }
    expect(verdictOn(run, { throughput: { above: 500 } }).notes).toEqual(['only 100/s were asked for'])
    expect(verdictOn(run, { throughput: { above: 100 } })).toMatchObject({ status: 'fail', notes: [] })
    expect(verdictOn({ ...run, ok: times(100, 200) }, { p95: 150 })).toMatchObject({ status: 'fail', notes: [] })
    expect(verdictOn({ duration: 0, asked: { rate: 50 } }, { throughput: 95 })).toMatchObject({
      status: 'inconclusive',
      notes: [],
    })
  })

  it('judges checks', () => {
    const checks = [
      { name: 'a', passed: 98, failed: 1 },
      { name: 'b', passed: 1, failed: 0 },
    ]
    expect(statusOf({ checks }, { checks: 0.99 })).toBe('pass')
    expect(statusOf({ checks }, { checks: { above: 0.99 } })).toBe('fail')
    expect(verdictOn({ ok: [1] }, { checks: 0.5 })).toMatchObject({ status: 'inconclusive', value: null })
  })

  it('judges the worst server: mean CPU, peak memory', () => {
    const servers = [
      buildServer({ cpu: [50, 70], memory: [1e8, 3e8] }),
      buildServer({ cpu: [80, 90], memory: [1e8, 1e8] }),
    ]
    expect(verdictOn({ servers }, { cpu: 90 })).toMatchObject({ status: 'pass', value: 85, unit: 'percent' })
    expect(statusOf({ servers }, { cpu: 85 })).toBe('fail')
    expect(verdictOn({ servers }, { memory: '301MB' })).toMatchObject({ status: 'pass', value: 3e8, unit: 'bytes' })
    expect(statusOf({ servers }, { memory: '300MB' })).toBe('fail')
  })

  it('never takes an unknown server for an idle one', () => {
    expect(verdictOn({}, { cpu: 80 })).toMatchObject({
      status: 'inconclusive',
      reason: 'no server is watched: start it with serve(), or give its pid as monitor',
    })
    const blind = buildServer({ name: 'b' })
    const reason = 'the cpu of "b" is not known: no sample was taken in this time'
    expect(verdictOn({ servers: [blind] }, { cpu: 80 })).toMatchObject({ status: 'inconclusive', reason })
    const servers = [buildServer({ cpu: [20], memory: [1e8] }), buildServer({ cpu: [50], memory: [1e8] }), blind]
    expect(verdictOn({ servers }, { cpu: 80 })).toMatchObject({
      status: 'inconclusive',
      value: 50,
      atLeast: true,
      reason,
    })
    expect(statusOf({ servers }, { cpu: 40 })).toBe('fail')
  })

  it('says that a part of a run is judged by what is known of the whole', () => {
    const checks = [{ name: 'a', passed: 1, failed: 0 }]
    const requests = { 'GET /': { ok: [1, 2] }, 'GET /b': { ok: [3] } }
    const run = buildRun({ requests, checks, servers: [buildServer({ cpu: [50], memory: [1e8] })] })
    const notesOn = (slice: Slice) =>
      (['cpu', 'memory', 'checks', 'max'] as const).flatMap(
        (metric) => judge(slice, { metric, relation: 'at most', value: 1e9 }).notes,
      )
    expect(notesOn(run)).toEqual([])
    expect(notesOn(run.request('GET /'))).toEqual([
      'server CPU is that of all requests together',
      'peak server memory is that of all requests together',
      'check rate is that of the whole run',
    ])
  })
})

describe('trust', () => {
  const good = { ok: times(100, 20), duration: 1000 }
  const bad = { ok: times(100, 200), duration: 1000 }
  const late = { asked: { rate: 100 }, lag: times(100, 23) }
  const busy = { generator: { utilization: 0.97 } }

  it('lets a pass of a late generator stand, and nothing else', () => {
    expect(verdictOn({ ...good, ...late }, { p95: 100 })).toMatchObject({
      status: 'pass',
      notes: ['the load generator could not keep up: it sent iterations late: p99 23 ms after they were due'],
    })
    expect(verdictOn({ ...bad, ...late }, { p95: 100 })).toMatchObject({ status: 'inconclusive', value: 200 })
    expect(verdictOn({ ...bad, ...late }, { p95: 100 }).reason).toBe(
      'the load generator could not keep up: it sent iterations late: p99 23 ms after they were due. ' +
        'The server may be better than that: use a lower rate or a quieter machine',
    )
    expect(verdictOn({ ...bad, ...late, ...busy }, { max: 100 }).reason).toMatch(/ due; .* of the time\. The server/)
    expect(statusOf({ ...bad, ...busy }, { max: 100 })).toBe('inconclusive')
    expect(statusOf({ ...bad, ...busy }, { throughput: 200 })).toBe('inconclusive')
    expect(statusOf({ ...bad, ...busy, asked: { rate: 200 } }, { rate: 200 })).toBe('inconclusive')
    expect(statusOf({ ...bad, ...busy, dropped: 2 }, { dropped: 1 })).toBe('inconclusive')
  })

  it('lets a fail of a closed run stand that is more than the generator can have added', () => {
    const blocked = { generator: { loopDelay: { p50: 1, p99: 60, max: 90 }, utilization: 0.9 } }
    const closed = { ...bad, ...blocked, asked: { vus: 10 } }
    expect(verdictOn(closed, { p95: 105 })).toMatchObject({
      status: 'fail',
      value: 200,
      notes: ['the load generator could not keep up: its event loop was blocked: p99 delay 60 ms'],
    })
    expect(statusOf(closed, { max: 105 })).toBe('fail')
    expect(statusOf(closed, { p95: 115 })).toBe('inconclusive')
    expect(statusOf({ ...closed, asked: { rate: 100 } }, { p95: 105 })).toBe('inconclusive')
    const saturated = { generator: { ...blocked.generator, utilization: 0.95 } }
    expect(statusOf({ ...closed, ...saturated }, { p95: 105 })).toBe('inconclusive')
  })

  it('says so once: not where the generator cannot matter, nor what the run warns of already', () => {
    const said = warning.generatorLate(['it sent iterations late: p99 23 ms after they were due'])
    expect(verdictOn({ ...good, ...late }, { errorRate: 0.5 })).toMatchObject({ status: 'pass', notes: [] })
    expect(verdictOn({ ...good, ...late, warnings: [said] }, { p95: 100 })).toMatchObject({ status: 'pass', notes: [] })
  })

  it('looks at the latest of all where the limit is about the worst', () => {
    const burst = { asked: { rate: 100 }, ok: times(500, 30), lag: [...times(498, 0.5), 50, 50], duration: 5000 }
    expect(statusOf(burst, { max: 25 })).toBe('inconclusive')
    expect(statusOf(burst, { p95: 25 })).toBe('fail')
  })

  it('does not fail a server for time-outs of a generator that was late itself', () => {
    const timedOut = { ...good, ...busy, timedOut: times(20, 300) }
    expect(statusOf(timedOut, { errorRate: 0.05 })).toBe('inconclusive')
    expect(statusOf({ ...timedOut, failed: 20 }, { errorRate: 0.05 })).toBe('fail')
    expect(statusOf({ ...good, timedOut: times(20, 300) }, { errorRate: 0.05 })).toBe('fail')
    const starved = [{ kind: 'generator' as const, count: 20, example: 'EMFILE' }]
    expect(statusOf({ ...good, failed: starved }, { errorRate: 0.05 })).toBe('inconclusive')
    expect(statusOf({ ...good, failed: starved }, { p50: 100 })).toBe('pass')
    expect(verdictOn({ ok: times(3, 20), failed: starved }, { p95: 100 }).reason).toMatch(
      /^the load generator could not/,
    )
  })

  it('lets no pass stand on a run that something happened to, but lets a fail', () => {
    const doubts = ["server 'gateway' ended 2 s into the run (exit code 3)"]
    expect(verdictOn({ ...good, doubts }, { p95: 100 })).toMatchObject({ status: 'inconclusive', reason: doubts[0] })
    expect(statusOf({ ...bad, doubts }, { p95: 100 })).toBe('fail')
  })

  it('measures lag against the limit', () => {
    expect(statusOf({ ok: times(100, 2500), ...late }, { p95: 2000 })).toBe('fail')
  })

  it('blames a slow server when the generator was healthy', () => {
    const parts = { ...good, asked: { rate: 200 }, lag: times(100, 0.5), dropped: 100 }
    expect(statusOf(parts, { rate: 200 })).toBe('fail')
    expect(statusOf(parts, { dropped: 0 })).toBe('fail')
  })

  it('does not excuse errors or the server by the generator', () => {
    const servers = [buildServer({ cpu: [90], memory: [4e8] })]
    expect(statusOf({ ...bad, ...busy, failed: 10 }, { errorRate: 0.01 })).toBe('fail')
    expect(statusOf({ ...bad, ...busy, servers }, { cpu: 80 })).toBe('fail')
    expect(statusOf({ ...bad, ...busy, servers }, { memory: '300MB' })).toBe('fail')
  })

  it('judges nothing that its driver found invalid or that does not balance', () => {
    for (const parts of [good, bad]) {
      for (const limits of [{ p95: 100 }, { errorRate: 0.01 }, { cpu: 80 }, { dropped: 0 }]) {
        const invalid = verdictOn({ ...parts, invalid: ['the server closed every connection'] }, limits)
        expect(invalid).toMatchObject({ status: 'inconclusive', reason: 'the server closed every connection' })
        const unbalanced = verdictOn({ ...parts, scheduled: 101 }, limits)
        expect(unbalanced.status).toBe('inconclusive')
        expect(unbalanced.reason).toBe('the ledger does not balance: of 101 iterations the end of 100 is known')
      }
    }
  })

  it('says everything that makes a run invalid', () => {
    expect(verdictOn({ ...good, invalid: ['this', 'that'] }, { p95: 100 }).reason).toBe('this; that')
  })

  it('judges no part of a run whose ledger does not balance', () => {
    const run = buildRun({ ...good, scheduled: 101 })
    expect(judge(run.window(0, 1000), { metric: 'p50', relation: 'below', value: 100 }).status).toBe('inconclusive')
  })

  it('judges no time taken on the event loop of the server', () => {
    const shared = { generator: { sharesLoop: true } }
    expect(verdictOn({ ...good, ...shared }, { p95: 100 })).toMatchObject({
      status: 'inconclusive',
      reason: 'the load generator ran on the event loop of the server, each waiting for the other: use serve()',
    })
    expect(statusOf({ ...good, ...shared }, { throughput: 10 })).toBe('inconclusive')
    expect(statusOf({ ...good, ...shared }, { errorRate: 0.01 })).toBe('pass')
  })

  it('lets a fail of an aborted run stand, and no pass', () => {
    const cut = { aborted: 'Ctrl-C', duration: 3000, asked: { vus: 10, duration: 10_000 } }
    const reason = 'the run ended after 3 s of 10 s: Ctrl-C'
    expect(verdictOn({ ...good, ...cut }, { p95: 100 })).toMatchObject({ status: 'inconclusive', reason })
    expect(verdictOn({ ...bad, ...cut }, { p95: 100 })).toMatchObject({ status: 'fail', notes: [reason] })
    const amount = { ...cut, asked: { connections: 10, amount: 500, duration: undefined } }
    expect(verdictOn({ ...good, ...amount }, { p95: 100 }).reason).toBe(
      'the run ended after 3 s, before all was sent: Ctrl-C',
    )
  })

  it('adds what weakens it to what is inconclusive anyway', () => {
    expect(verdictOn({ ok: times(3, 20), ...busy }, { p95: 100 })).toMatchObject({
      status: 'inconclusive',
      notes: ['the load generator could not keep up: its event loop was busy 97 % of the time'],
    })
  })
})

describe('levels', () => {
  const levels = { target: 100, acceptable: 200, critical: 1000 }

  it.each([
    [50, 'pass', 'approved', []],
    [150, 'pass', 'degraded', ['degraded: 150 ms is acceptable, the target is below 100 ms']],
    [500, 'fail', 'failed', []],
    [1500, 'fail', 'failed', ['critical: 1,500 ms is not below 1,000 ms']],
  ] as const)('grades %d ms as %s, %s', (ms, status, level, notes) => {
    const verdict = verdictOn({ ok: times(100, ms) }, { max: levels })
    expect(verdict).toMatchObject({ status, level, notes, limit: 200 })
  })

  it('grades what may be worse than it looks as degraded', () => {
    const parts = { ok: upTo(100), unfinished: times(20, 0.5) }
    expect(verdictOn(parts, { p50: { target: 50, acceptable: 70 } })).toMatchObject({
      status: 'pass',
      notes: [expect.stringContaining('degraded')],
    })
  })

  it('grades nothing that is not known', () => {
    const verdict = verdictOn({ ok: times(3, 1500) }, { p50: levels })
    expect(verdict).toMatchObject({ status: 'inconclusive', notes: [] })
    expect(verdict.level).toBeUndefined()
    expect(verdictOn({ ok: times(100, 5) }, { p50: 10 }).level).toBeUndefined()
  })

  it('grades upwards as well', () => {
    const grade = (ok: number) =>
      verdictOn({ ok: times(ok, 1), duration: 1000 }, { throughput: { target: 90, acceptable: 50, critical: 10 } })
    expect(grade(90)).toMatchObject({ status: 'pass', notes: [] })
    expect(grade(50).notes).toEqual(['degraded: 50/s is acceptable, the target is at least 90/s'])
    expect(grade(20)).toMatchObject({ status: 'fail', notes: [] })
    expect(grade(5)).toMatchObject({ status: 'fail', notes: ['critical: 5/s is not at least 10/s'] })
  })
})

describe('growth', () => {
  it('is told with its interval, and inconclusive while the limit lies in it', () => {
    const memory = Array.from({ length: 100 }, (_, second) => 1e8 + second * 1e5)
    const servers = [buildServer({ memory })]
    const verdict = (limit: string) => verdictOn({ servers, duration: 100_000 }, { memoryGrowth: limit })
    expect(verdict('500MB/h')).toMatchObject({ status: 'pass', value: expect.closeTo(3.6e8), atLeast: false })
    expect(verdict('300MB/h')).toMatchObject({ status: 'fail', interval: { lower: expect.closeTo(3.6e8) } })
    const flat = [buildServer({ memory: memory.map(() => 1e8) })]
    expect(verdictOn({ servers: flat, duration: 100_000 }, { memoryGrowth: '50MB/h' })).toMatchObject({
      status: 'inconclusive',
      value: 0,
      reason: expect.stringContaining('a longer run narrows that'),
    })
  })
})

describe('growth with levels', () => {
  const grown = (perHour: number, hours: number) => {
    const memory = Array.from({ length: 3600 * hours }, (_, second) => 1e8 + (second * perHour) / 3600)
    return { servers: [buildServer({ memory })], duration: hours * 3.6e6 }
  }
  const limits = { memoryGrowth: { target: 0, acceptable: '10MB/h', critical: '50MB/h' } }

  it('is approved where none is seen, and what would not be seen is acceptable', () => {
    expect(verdictOn(grown(0, 1), limits)).toMatchObject({
      ...{ status: 'pass', level: 'approved', marginal: false },
      notes: ['a growth of server memory of up to 3 MB/h would not show'],
    })
    expect(verdictOn(grown(-3e6, 1), limits)).toMatchObject({ status: 'pass', level: 'approved' })
    expect(verdictOn(grown(0, 0.1), limits)).toMatchObject({ status: 'inconclusive' })
    expect(verdictOn(grown(0, 1), { memoryGrowth: 0 })).toMatchObject({ status: 'inconclusive' })
  })

  it('is degraded, failed or critical where it is seen', () => {
    expect(verdictOn(grown(6e6, 1), limits)).toMatchObject({ status: 'pass', level: 'degraded' })
    expect(verdictOn(grown(2e7, 1), limits)).toMatchObject({ status: 'fail', level: 'failed' })
    expect(verdictOn(grown(6e7, 1), limits).notes.join()).toContain('critical: 60')
  })

  it('strictly, still meets the target where none is seen', () => {
    const problems = new Problems('toMeet()')
    const [limit] = parseLimits(limits, problems)
    const strict = strictly(limit as Limit)
    expect(judge(buildRun(grown(0, 1)), strict)).toMatchObject({ status: 'pass', level: 'approved' })
    expect(judge(buildRun(grown(6e6, 1)), strict)).toMatchObject({ status: 'fail' })
  })
})

describe('negate()', () => {
  it('turns limit and verdict round, and leaves what nobody knows', () => {
    const pass = verdictOn({ ok: times(100, 20) }, { p95: 100 })
    expect(negate(pass)).toMatchObject({ status: 'fail', relation: 'at least', limit: 100 })
    expect(negate(negate(pass))).toEqual(pass)
    expect(negate(verdictOn({}, { p95: 100 })).status).toBe('inconclusive')
    const relations = ['below', 'at least', 'above', 'at most'] as const
    expect(relations.map((relation) => negate({ ...pass, relation }).relation)).toEqual([
      'at least',
      'below',
      'at most',
      'above',
    ])
  })
})

it('is plain JSON', () => {
  for (const parts of [{}, { ok: upTo(60) }, { timedOut: [5] }]) {
    for (const limits of [{ p95: 10 }, { max: 10 }, { errorRate: 0.1 }, { cpu: 10 }]) {
      const verdict = verdictOn(parts, limits)
      expect(JSON.parse(JSON.stringify(verdict))).toStrictEqual(verdict)
    }
  }
})

describe('a second implementation', () => {
  const seeds = Array.from({ length: 6 }, (_, index) => index + 1)
  const seen = new Map<string, number>()

  it.each(seeds)('agrees on generated cases, seed %d', (seed) => {
    const random = choices(seededRandom(seed))
    for (let round = 0; round < 60; round++) {
      const parts = generateRun(random)
      const run = buildRun(parts)
      for (let turn = 0; turn < 14; turn++) {
        const limit = generateLimit(random, parts)
        const { status, marginal } = judge(run, toLimit(limit))
        const expected = naiveVerdict(parts, limit)
        if (status !== expected.status || marginal !== (expected.marginal ?? marginal)) {
          expect({ limit, parts, status, marginal }).toEqual({ limit, parts, ...expected })
        }
        const cell = `${limit.metric} ${status}`
        seen.set(cell, (seen.get(cell) ?? 0) + 1)
      }
    }
  })

  it('has met every status of every metric', () => {
    const metrics = [
      'percentile',
      'mean',
      'max',
      'errorRate',
      'throughput',
      'rate',
      'dropped',
      'checks',
      'cpu',
      'memory',
    ]
    for (const metric of metrics) {
      for (const status of ['pass', 'fail', 'inconclusive']) {
        expect(seen.get(`${metric} ${status}`) ?? 0, `${metric} ${status}`).toBeGreaterThan(15)
      }
    }
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(6 * 60 * 14)
  })
})

type Random = ReturnType<typeof choices>

function choices(next: () => number) {
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    /** Both ends included. */
    whole,
    pick: <Item>(items: readonly Item[]) => items[whole(0, items.length - 1)] as Item,
    chance: (probability: number) => next() < probability,
  }
}

/** Times 1 % apart, far more than the 0.1 % of a histogram's bucket, so that both see the same order and the same ties. */
const gridTime = (step: number) => Math.round(1.01 ** step * 1000) / 1000
/** The longest that answers lie unread. */
const unread = 60
const counts = [0, 1, 2, 3, 4, 5, 7, 10, 11, 20, 28, 29, 30, 58, 59, 60, 72, 73, 100, 150, 298, 299, 300, 340]

function generateRun(random: Random): RunParts {
  const middle = random.whole(100, 500)
  const spread = random.whole(1, 90)
  const several = (count: number) =>
    Array.from({ length: count }, () => gridTime(middle + random.whole(0, spread) - random.whole(0, spread)))
  const few = (most: number) => (random.chance(0.6) ? 0 : random.whole(1, most))
  const ok = several(random.pick(counts))
  const parts = {
    ok,
    okInTime: random.whole(Math.floor(ok.length / 2), ok.length),
    timedOut: several(few(15)),
    unfinished: several(few(8)),
    failed: few(20),
    dropped: few(5),
    duration: random.pick([0, 500, 700, 900, 1000, 1000]),
    asked: random.chance(0.5) ? { rate: random.whole(1, 400) } : { vus: 3 },
    checks: random.chance(0.6) ? [{ name: 'a', passed: random.whole(0, 99), failed: random.whole(0, 5) }] : [],
    servers: Array.from({ length: random.whole(0, 2) }, () => generateServer(random)),
  }
  return { ...parts, ...generateFlaws(random, parts.asked.rate !== undefined) }
}

function generateServer(random: Random) {
  const readings = (unit: number) => Array.from({ length: 3 }, () => random.whole(1, 40) * unit)
  return random.chance(0.25) ? buildServer({}) : buildServer({ cpu: readings(3), memory: readings(1e7) })
}

function generateFlaws(random: Random, open: boolean): RunParts {
  const lagging = random.pick([0.3, 4, 6.1, 9.3, 11.7, 23.1, 57.3])
  return {
    ...(open ? { lag: [...times(random.whole(1, 200), 0.2), ...times(random.whole(0, 4), lagging)] } : {}),
    generator: {
      sharesLoop: random.chance(0.04),
      utilization: random.chance(0.08) ? 0.95 : 0.94,
      loopDelay: { p50: 1, p99: random.chance(0.15) ? 51 : 50, max: unread },
    },
    ...(random.chance(0.04) ? { invalid: ['connections were closed'] } : {}),
    ...(random.chance(0.04) ? { scheduled: 1000 } : {}),
    ...(random.chance(0.08) ? { aborted: 'stopped' } : {}),
    ...(random.chance(0.04) ? { doubts: ['the server ended'] } : {}),
  }
}

function generateLimit(random: Random, parts: RunParts): NaiveLimit {
  const perSecond = (value: number) => ({ relation: random.pick(['above', 'at least'] as const), value })
  const atMost = (value: number) => ({ relation: random.pick(['below', 'at most'] as const), value })
  const rare: (() => NaiveLimit)[] = [
    () => ({ metric: 'errorRate', ...atMost(random.pick([0.01, 0.05, 0.1, 0.5])) }),
    () => ({ metric: 'throughput', ...perSecond(random.whole(1, 340)) }),
    () => ({ metric: 'rate', relation: 'at least', value: random.whole(1, 340) + 0.37 }),
    () => ({ metric: 'dropped', ...atMost(random.whole(1, 4)) }),
    () => ({ metric: 'checks', ...perSecond(random.pick([0.5, 0.9, 0.95, 0.99])) }),
    () => ({ metric: 'cpu', relation: 'below', value: random.whole(10, 120) }),
    () => ({ metric: 'memory', relation: 'below', value: random.whole(5, 42) * 1e7 }),
    () => ({ metric: 'mean', relation: 'below', value: nearTime(random, parts) * random.pick([0.4, 1.004, 3]) }),
    () => ({ metric: 'max', relation: 'below', value: nearTime(random, parts) * random.pick([1.004, 3]) }),
  ]
  if (random.chance(0.5)) return random.pick(rare)()
  const thousandths = random.pick([500, 750, 900, 950, 975, 990, 999])
  return { metric: 'percentile', thousandths, relation: 'below', value: nearTime(random, parts) }
}

/** A time of the run itself, one beside it, or any; none where rounding would decide what a late generator explains. */
function nearTime(random: Random, { ok = [], timedOut = [], lag = [] }: RunParts): number {
  const all = [...ok, ...timedOut].sort((a, b) => a - b)
  const near = all[random.pick([0.5, 0.9, 0.95, 0.99, 1].map((share) => Math.ceil(share * all.length) - 1))]
  const time = near === undefined || random.chance(0.2) ? gridTime(random.whole(50, 600)) : near
  const moved = random.chance(0.4) ? time : time * random.pick([0.996, 1.004])
  const isTie = lag.some((late) => Math.abs((late * 10) / moved - 1) < 0.006)
  const isTieUnread = all.some((sample) => Math.abs((moved + unread) / sample - 1) < 0.003)
  return isTie || isTieUnread ? moved * 1.05 : moved
}

function toLimit({ metric, thousandths, relation, value }: NaiveLimit): Limit {
  const q = thousandths === undefined ? {} : { q: thousandths / 1000 }
  return { metric: metric as Limit['metric'], ...q, relation, value }
}
