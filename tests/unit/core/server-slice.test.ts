// What one of several servers had of a run: its lane, what it used, and why nothing is known of others.
import { describe, expect, it } from 'vitest'
import { lanePlans, lanesOf } from '../../../src/core/lane-plan.ts'
import type { Limit } from '../../../src/core/limit.ts'
import { parseLimits } from '../../../src/core/limit-parser.ts'
import { Problems } from '../../../src/core/problems.ts'
import { Recorder } from '../../../src/core/recorder.ts'
import { joinNames } from '../../../src/core/recording.ts'
import { Run } from '../../../src/core/run.ts'
import type { ServerLane } from '../../../src/core/server-slice.ts'
import { planTarget } from '../../../src/core/target.ts'
import { judge } from '../../../src/core/verdict.ts'
import { describeVerdict } from '../../../src/vitest/failure-message.ts'
import { buildRun, buildRunData, buildServer, type LaneParts } from '../../support/run-builder.ts'

function serverLane(name: string, parts: LaneParts, source: ServerLane['source'] = 'relay'): ServerLane {
  const [lane] = buildRunData({ requests: { [name]: parts } }).lanes
  return { name, source, lane: lane as ServerLane['lane'] }
}

const fast = Array.from({ length: 400 }, () => 10)
const slow = Array.from({ length: 400 }, () => 90)

function runOf(servers: readonly ServerLane[], parts: Parameters<typeof buildRunData>[0] = {}): Run {
  return Run.from({ ...buildRunData({ ok: [...fast, ...slow], ...parts }), servers })
}

function limit(limits: Parameters<typeof parseLimits>[0]): Limit {
  return parseLimits(limits, new Problems('test'))[0] as Limit
}

describe('a server of a run', () => {
  const run = runOf([serverLane('a', { ok: fast }), serverLane('b', { ok: slow, failed: 100, okInTime: 300 })], {
    servers: [
      buildServer({ name: 'a', cpu: [20], memory: [100e6] }),
      buildServer({ name: 'b', cpu: [95], memory: [300e6] }),
    ],
    asked: { rate: 80 },
  })

  it('has requests, errors, times and a throughput of its own', () => {
    expect(run.server('a')).toMatchObject({ errorRate: 0, throughput: 40, iterations: { scheduled: 400, ok: 400 } })
    expect(run.server('a').latency.p95).toBe(10)
    expect(run.server('b')).toMatchObject({
      errorRate: 0.2,
      throughput: 30,
      iterations: { scheduled: 500, failed: 100 },
    })
    expect(run.server('b').latency.p95).toBeCloseTo(90, 0)
    expect(run.server('b').name).toBe('GET / > server b (as its relay saw it)')
  })

  it.each([
    ['a', { p95: 50 }, 'pass'],
    ['b', { p95: 50 }, 'fail'],
    ['a', { errorRate: 0.01 }, 'pass'],
    ['b', { errorRate: 0.01 }, 'fail'],
    ['a', { cpu: 50 }, 'pass'],
    ['b', { cpu: 50 }, 'fail'],
    ['a', { memory: '200MB' }, 'pass'],
    ['b', { memory: '200MB' }, 'fail'],
    ['a', { throughput: { above: 35 } }, 'pass'],
    ['b', { throughput: { above: 35 } }, 'fail'],
    ['a', { rate: 39 }, 'pass'],
  ] as const)('is judged by itself: %s %j is a %s', (name, limits, status) => {
    const verdict = judge(run.server(name), limit(limits))
    expect(verdict.status).toBe(status)
    expect(verdict.notes.filter((note) => note.includes('all requests'))).toEqual([])
  })

  it('says in a failure what its times are and what it used, and of no other', () => {
    const slice = run.server('b')
    const text = describeVerdict(judge(slice, limit({ p95: 50 })), slice)
    expect(text).toContain('as its relay saw it, from the first byte, n = 400')
    expect(text).toContain('cpu 95 %')
    expect(text).not.toContain('cpu 20 %')
  })

  it('comes back from JSON', () => {
    const again = Run.from(JSON.stringify(run))
    expect(again.server('b').iterations).toEqual(run.server('b').iterations)
    expect(again.server('b').latency.p99).toBe(run.server('b').latency.p99)
  })

  it('that the load went straight to has iterations, in the words of the run', () => {
    const slice = runOf([serverLane('a', { ok: fast }, 'requests')]).server('a')
    expect(slice).toMatchObject({ name: 'GET / > server a', source: 'requests' })
    const text = describeVerdict(judge(slice, limit({ p95: 5 })), slice)
    expect(text).toContain('closed model, from the send')
  })
})

describe('run.server()', () => {
  const servers = [buildServer({ name: 'a' }), buildServer({ name: 'b' })]

  it.each([
    ['a name that none has', runOf([serverLane('a', {})], { servers }), "expected one of 'a', 'b', got 'c'"],
    ['a run without servers', buildRun(), "expected a run beside a server that serve() started, got 'c'"],
    ['a name that two have', runOf([serverLane('c', {}), serverLane('c', {})]), "2 servers are named 'c'"],
    [
      'a server whose requests nobody told apart',
      buildRun({ servers: [buildServer({ name: 'c' })] }),
      'start it with serve(command, { relay: true })',
    ],
  ])('refuses %s', (_, run, message) => {
    expect(() => run.server('c')).toThrow(
      expect.objectContaining({ code: 'invalid-options', message: expect.stringContaining(message) }),
    )
  })
})

describe('requests of one name to several servers', () => {
  const urls = ['http://127.0.0.1:3001', 'http://127.0.0.1:3002']
  const target = planTarget(
    urls.flatMap((url) => [`${url}/x`, `${url}/y`, `${url}/x`]),
    undefined,
    new Problems('test'),
  )

  it('have a lane for each of them', () => {
    expect(lanePlans(target, 'any')).toEqual(
      urls.flatMap((origin) => ['GET /x', 'GET /y'].map((name) => ({ name, origin }))),
    )
    expect(target.kind === 'http' && lanesOf(target.requests)).toEqual([0, 1, 0, 2, 3, 2])
    expect(lanePlans({ kind: 'task', run: () => {} }, 'work')).toEqual([{ name: 'work', origin: undefined }])
  })

  it('are one request in the run', () => {
    const series = lanePlans(target, '').map(({ name }) => name)
    const stages = [{ name: 'all', start: 0, end: 1000, from: 1, to: 1 }]
    const recorder = new Recorder({ series, open: false, start: 0, duration: 1000, stages })
    for (const lane of [0, 0, 1, 2, 3, 3, 3]) {
      recorder.lane(lane, 10).scheduled(10)
      recorder.lane(lane, 10).ok({ planned: 10, sent: 10 }, 20)
    }
    const { lanes, stages: parts, warmup } = joinNames(recorder.finish(1000))
    const counts = (of: typeof lanes) => of.map(({ name, iterations, latency }) => [name, iterations.ok, latency.count])
    expect(counts(lanes)).toEqual([
      ['GET /x', 3, 3],
      ['GET /y', 4, 4],
    ])
    expect(counts(parts[0]?.lanes ?? [])).toEqual(counts(lanes))
    expect(warmup.map(({ name }) => name)).toEqual(['GET /x', 'GET /y'])
  })
})
