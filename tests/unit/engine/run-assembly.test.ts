// How a run is put together from what its parts say.
import { describe, expect, it } from 'vitest'
import { http } from '../../../src/core/http-request.ts'
import type { Limit } from '../../../src/core/limit.ts'
import { parseLimits } from '../../../src/core/limit-parser.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { OccupancyData } from '../../../src/core/occupancy.ts'
import { type Plan, planLoad, seriesOf } from '../../../src/core/plan.ts'
import { Problems } from '../../../src/core/problems.ts'
import { Recorder } from '../../../src/core/recorder.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import type { Target } from '../../../src/core/target.ts'
import type { Suspensions } from '../../../src/core/usage.ts'
import { judge } from '../../../src/core/verdict.ts'
import { assembleRun, describeAbort, describeTarget, type RunParts } from '../../../src/engine/run-assembly.ts'
import type { ServerReport } from '../../../src/engine/server-watch.ts'
import type { ShardResult } from '../../../src/engine/shard-run.ts'
import { nothingObserved } from '../../support/observed.ts'

const url = 'http://127.0.0.1:3000/'
const calm = { p50: 0.1, p99: 1, max: 3 }
const awake = { count: 0, total: 0, first: 0 }

function plan(options: LoadOptions = {}, target: Target = url): Plan {
  return planLoad(target, { duration: 2000, warmup: 0, ...options }, defaultSettings)
}

interface Fate {
  readonly ok?: number
  readonly failed?: number
  readonly dropped?: number
  readonly unfinished?: number
  readonly lost?: number
  readonly warmupFailed?: number
  readonly health?: Partial<ShardResult['health']>
  readonly lag?: number
  readonly checks?: number
  readonly occupancy?: OccupancyData
  /** When the last of the ok ones ended. */
  readonly lastOk?: number
}

function shard(of: Plan, fate: Fate = {}): ShardResult {
  const { ok = 0, failed = 0, dropped = 0, unfinished = 0, lost = 0, warmupFailed = 0 } = fate
  const recorder = new Recorder({ series: seriesOf(of), open: of.model === 'open', start: 0 })
  const lane = recorder.lane(0, 0)
  const repeat = (count: number, end: () => void) => {
    for (let index = 0; index < count; index++) {
      lane.scheduled(0)
      end()
    }
  }
  repeat(ok, () => lane.ok({ planned: 0, sent: 0 }, 10))
  if (fate.lastOk !== undefined) {
    const ended = fate.lastOk
    repeat(1, () => lane.ok({ planned: 0, sent: 0 }, ended))
  }
  repeat(failed, () => lane.failed('http-5xx', () => '503', 10))
  repeat(dropped, () => lane.dropped(10))
  repeat(unfinished, () => lane.unfinished({ planned: 0, sent: 0 }, 10))
  repeat(lost, () => {})
  const warmup = recorder.lane(0, -1)
  for (let index = 0; index < warmupFailed; index++) {
    warmup.scheduled(-1)
    warmup.failed('refused', () => 'ECONNREFUSED', -1)
  }
  for (let check = 0; check < (fate.checks ?? 0); check++) recorder.check(`check ${check}`, true)
  if (fate.lag !== undefined) recorder.late(0, fate.lag)
  for (const [kind, total] of Object.entries(fate.occupancy ?? {})) {
    for (let left = total; left > 0; left -= of.duration) {
      recorder.occupancy[kind as keyof OccupancyData](0, Math.min(left, of.duration))
    }
  }
  recorder.stop(of.duration)
  const health = { series: {}, loopDelay: calm, utilization: 0.2, suspensions: awake, ...fate.health }
  return { recording: recorder.finish(of.duration), health }
}

function assemble(of: Plan, parts: Partial<RunParts> & { readonly fates?: readonly Fate[] } = {}) {
  const { fates = [{ ok: 100 }], ...rest } = parts
  return assembleRun({
    id: 'id',
    plan: of,
    startedAt: '2026-01-01T00:00:00.000Z',
    shards: fates.map((fate) => shard(of, fate)),
    observed: nothingObserved,
    sharedOrigin: undefined,
    besideServer: false,
    beside: [],
    foreseen: [],
    aborted: undefined,
    ...rest,
  })
}

const observing = (servers: Partial<ServerReport>) => ({
  observed: { ...nothingObserved, servers: { ...nothingObserved.servers, ...servers } },
})

describe('a run', () => {
  it('carries its plan and what was measured', () => {
    const run = assemble(plan({ connections: 2, limits: { p95: 100 }, name: 'home' }))
    expect(run.toJSON()).toMatchObject({
      version: 1,
      id: 'id',
      name: 'home',
      target: 'GET http://127.0.0.1:3000/',
      executor: 'connections',
      model: 'closed',
      asked: { connections: 2, duration: 2000 },
      duration: 2000,
      warnings: [],
      invalid: [],
      limits: [{ metric: 'p95', value: 100 }],
    })
    expect(run).toMatchObject({ throughput: 50, valid: true, aborted: undefined })
    expect('aborted' in run.toJSON()).toBe(false)
  })

  it('is frozen to the ground, and JSON', () => {
    const run = assemble(plan())
    const data = run.toJSON()
    expect(JSON.parse(JSON.stringify(data))).toEqual(data)
    expect(everythingIn(data).every(Object.isFrozen)).toBe(true)
  })

  it('adds up its shards, the worst of which says whether the generator kept up', () => {
    const loopDelay = { p50: 0.05, p99: 20, max: 30 }
    const run = assemble(plan({ vus: 2 }), {
      fates: [{ ok: 10 }, { ok: 5, failed: 1, health: { loopDelay, utilization: 0.9 } }],
    })
    expect(run.iterations).toMatchObject({ scheduled: 16, ok: 15, failed: 1 })
    expect(run.usage.generator).toMatchObject({ loopDelay: { p50: 0.1, p99: 20, max: 30 }, utilization: 0.9 })
  })
})

it('says when nothing completed for 10 s', () => {
  const run = assemble(plan({ vus: 2, duration: 30_000 }), { fates: [{ ok: 1, lastOk: 12_500 }] })
  const sentence = 'nothing completed for 12.5 s, from 0 s to 12.5 s, although work was under way'
  expect(run.warnings).toContain(sentence)
  expect(run.events).toEqual([{ at: 10, name: 'nothing completed', detail: 'for 12.5 s' }])
  expect(assemble(plan({ vus: 2 }), { fates: [{ ok: 1, lastOk: 9000 }] }).events).toEqual([])
})

describe('a run is in doubt', () => {
  it.each<[string, LoadOptions, string]>([
    ['an amount', { amount: 10 }, '4 of 10 iterations'],
    ['shared iterations', { vus: 2, iterations: 10 }, '4 of 10 iterations'],
    ['iterations of each user', { vus: 2, iterationsPerVu: 5 }, '4 of 10 iterations'],
  ])('when %s took too long', (_, options, text) => {
    const { data } = assemble(plan({ ...options, duration: undefined }), { fates: [{ ok: 4 }] })
    expect(data.doubts).toEqual([expect.stringMatching(new RegExp(`^${text} were begun in 10 min, the longest`))])
    expect(
      assemble(plan({ ...options, duration: undefined }), { fates: [{ ok: 4 }], aborted: 'Ctrl-C' }).data.doubts,
    ).toEqual([])
    expect(assemble(plan({ ...options, duration: undefined }), { fates: [{ ok: 10 }] }).data.doubts).toEqual([])
  })
})

describe("Little's law", () => {
  const closed = (occupancy: Record<'duty' | 'busy' | 'rest', number>) =>
    assemble(plan({ vus: 2 }), { fates: [{ ok: 100, occupancy }] })

  it('holds when users are in iterations or told to wait, all but a quarter of their time', () => {
    const { data } = closed({ duty: 4000, busy: 2500, rest: 510 })
    expect(data).toMatchObject({ invalid: [], warnings: [], occupancy: { duty: 4000, busy: 2500, rest: 510 } })
  })

  it('tells of a generator that took their time for itself', () => {
    const run = closed({ duty: 4000, busy: 2500, rest: 460 })
    expect(run.warnings).toEqual([expect.stringContaining("its own work took 26 % of its users' time (Little's law)")])
    expect(judge(run, parseLimits({ throughput: { above: 500 } }, new Problems('test'))[0] as Limit).status).toBe(
      'inconclusive',
    )
    expect(run.valid).toBe(true)
  })

  it('makes a run invalid whose iterations took more time than there was', () => {
    const { data } = closed({ duty: 4000, busy: 4000, rest: 240 })
    expect(data.invalid).toEqual([
      "iterations took 6 % more time than there was for them (Little's law): times or counts are wrong",
    ])
  })
})

describe('a run is invalid', () => {
  it('when its ledger does not balance, in any lane and in the warm-up', () => {
    const { data, valid } = assemble(plan(), { fates: [{ ok: 3, lost: 2 }] })
    expect(valid).toBe(false)
    expect(data.invalid).toEqual(['the ledger does not balance: 5 iterations scheduled, 3 accounted for'])
  })

  it('when it shared the event loop of the server', () => {
    const run = assemble(plan(), { sharedOrigin: 'http://127.0.0.1:3000' })
    expect(run.usage.generator.sharesLoop).toBe(true)
    expect(run.data.invalid).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:3000 is served by the event loop/)])
  })
})

describe('a run that was suspended is invalid', () => {
  const suspended = (suspensions: Suspensions, target?: Target) =>
    assemble(plan({}, target), { fates: [{ ok: 9 }, { ok: 9, health: { suspensions } }] })

  it('and says when, and for how long', () => {
    const run = suspended({ count: 1, total: 12_000, first: 3000 })
    expect(run.data.invalid).toEqual([
      'the machine or this process was suspended for 12 s, 3 s into the run: nothing was sent, and every latency across it is wrong. Keep the machine awake',
    ])
    expect(run).toMatchObject({ valid: false, usage: { generator: { suspended: 12_000 } } })
    expect(run.data.usage.generator).not.toHaveProperty('suspensions')
  })

  it('and says how often', () => {
    const { invalid } = suspended({ count: 2, total: 14_000, first: 3000 }).data
    expect(invalid).toEqual([
      expect.stringContaining('was suspended 2 times, for 14 s in all, first 3 s into the run:'),
    ])
  })

  it.each<[string, Target]>([
    ['a function', () => {}],
    ['a request with a function', http.post(url, { json: (i: number) => i })],
  ])('and names what looks the same in the thread of %s', (_, target) => {
    const { invalid } = suspended({ count: 1, total: 2000, first: 0 }, target).data
    expect(invalid).toEqual([
      expect.stringMatching(/and let no function wait in a synchronous call, which looks the same$/),
    ])
  })

  it('and is not, when it was not', () => {
    expect(suspended(awake)).toMatchObject({ valid: true, usage: { generator: { suspended: 0 } } })
  })
})

describe('a run warns', () => {
  it('of nothing when all is well', () => {
    expect(assemble(plan({ rate: 50 })).warnings).toEqual([])
  })

  it.each<[string, Plan, Fate, RegExp]>([
    ['a late generator', plan({ rate: 50 }), { ok: 1, lag: 80 }, /^the load generator could not keep up: it sent/],
    [
      'a busy generator',
      plan(),
      { ok: 1, health: { utilization: 1 } },
      /^the load generator could not keep up: its ev/,
    ],
    [
      'dropped iterations',
      plan({ rate: 50, maxVUs: 7 }),
      { ok: 1, dropped: 3 },
      /^3 iterations due were dropped because all 7 VUs were busy/,
    ],
    [
      'more checks than can be told apart',
      plan(),
      { ok: 1, checks: 101 },
      /^more than 100 different checks were made: /,
    ],
    ['a warm-up that failed', plan({ warmup: 1000 }), { ok: 1, warmupFailed: 2 }, /^100 % of the warm-up failed$/],
  ])('of %s', (_, of, fate, text) => {
    expect(assemble(of, { fates: [fate] }).warnings).toEqual([expect.stringMatching(text)])
  })

  it('of an unfinished amount only when nobody ended it', () => {
    const run = assemble(plan({ amount: 10, duration: undefined }), { fates: [{ ok: 4 }], aborted: 'stopped' })
    expect(run).toMatchObject({ warnings: [], aborted: 'stopped' })
  })

  it('of what had not ended when it was over', () => {
    const [warning] = assemble(plan(), { fates: [{ ok: 4, unfinished: 2 }] }).warnings
    expect(warning).toMatch(/^2 iterations had not ended 5 s after sending stopped/)
  })

  it('of a server that ended, on which no pass can stand', () => {
    const ended = ["server 'api' ended 2 s into the run (exit code 3)"]
    expect(assemble(plan(), observing({ ended })).data.doubts).toEqual(ended)
  })

  it('of what its servers did', () => {
    const servers = { warnings: ['server ended'], events: [{ at: 5, name: 'api ended' }] }
    expect(assemble(plan(), observing(servers))).toMatchObject({ warnings: ['server ended'], events: servers.events })
  })
})

describe('in words', () => {
  it('a target has its addresses, without secrets', () => {
    const list = [`${url}a?token=abc&page=2`, http.post(`${url}b`), url, url]
    expect(describeTarget(plan({}, list.slice(0, 2)))).not.toContain('abc')
    expect(describeTarget(plan({}, list.slice(0, 2)))).toMatch(
      /^GET http:.*page=2, POST http:\/\/127\.0\.0\.1:3000\/b$/,
    )
    expect(describeTarget(plan({}, list))).toMatch(/\/b, GET http:\/\/127\.0\.0\.1:3000\/ and 1 more$/)
    expect(describeTarget(plan({ name: 'checkout' }, () => {}))).toBe('checkout')
  })

  it('an abort has its reason', () => {
    expect(describeAbort(new Error('the test timed out'))).toBe('the test timed out')
    expect(describeAbort('Ctrl-C')).toBe('Ctrl-C')
  })
})

function everythingIn(value: object): object[] {
  return [
    value,
    ...Object.values(value).flatMap((part) => (typeof part === 'object' && part ? everythingIn(part) : [])),
  ]
}
