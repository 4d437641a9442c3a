// A run as data and back, and the parts of it that can be judged by themselves.
import { describe, expect, it } from 'vitest'
import { percentile } from '../../../src/core/metric.ts'
import { Recorder } from '../../../src/core/recorder.ts'
import { Run, type RunData } from '../../../src/core/run.ts'
import { buildRun, buildRunData } from '../../support/run-builder.ts'

describe('Run.from', () => {
  const run = buildRun({
    requests: {
      'GET /users': { ok: [10, 20, 30], failed: 1 },
      'POST /users': { ok: [100, 200], timedOut: [1000], unfinished: [400], dropped: 2 },
      'GET /never': {},
    },
    asked: { rate: 2 },
    lag: [0.5, 0.7],
    checks: [{ name: 'has id', passed: 4, failed: 1 }],
    aborted: 'stopped',
  })

  it.each([
    ['data', (data: RunData) => data],
    ['text', (data: RunData) => JSON.stringify(data)],
    ['data that was JSON', (data: RunData) => JSON.parse(JSON.stringify(data))],
  ])('reads %s with equal readers', (_, carry) => {
    const again = Run.from(carry(run.toJSON()))
    expect(again.toJSON()).toEqual(run.toJSON())
    expect(readersOf(again)).toEqual(readersOf(run))
    expect(readersOf(again.request('POST /users'))).toEqual(readersOf(run.request('POST /users')))
    expect(readersOf(again.request('GET /never'))).toEqual(readersOf(run.request('GET /never')))
    expect(readersOf(again.window(0, '5s'))).toEqual(readersOf(run.window(0, '5s')))
    expect(readersOf(again.warmup)).toEqual(readersOf(run.warmup))
    expect(again).toMatchObject({
      name: run.name,
      executor: 'constant-arrival-rate',
      model: 'open',
      asked: { rate: 2 },
      aborted: 'stopped',
      valid: true,
    })
  })

  it('gives the true smallest time, not 0 for the lack of time-outs', () => {
    const copy = Run.from(JSON.stringify(buildRun({ ok: [5, 6] })))
    expect([copy.latency.min, copy.latency.max, copy.latency.mean]).toEqual([5, 6, 5.5])
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text that is no JSON', 'hello'],
    ['JSON of something else', '[1,2]'],
    ['another version', { ...buildRunData(), version: 2 }],
    ['a run without lanes', { ...buildRunData(), lanes: 'none' }],
    ['half a run', { version: 1, lanes: [] }],
  ])('refuses %s', (_, data) => {
    expect(() => Run.from(data as never)).toThrow(
      expect.objectContaining({
        name: 'LoadTestError',
        code: 'invalid-record',
        message: expect.stringMatching(/^Run\.from\(\): expected what run\.toJSON\(\) gives \(version 1\), got /),
      }),
    )
  })

  it('cannot be changed', () => {
    expect(() => {
      ;(run as { name: string }).name = 'other'
    }).toThrow(TypeError)
  })
})

describe('run.request', () => {
  const run = buildRun({ requests: { 'GET /a': { ok: [1, 2] }, 'GET /b': { ok: [30], failed: 1 } }, duration: 2000 })

  it('is the part of the run that one request made', () => {
    const slice = run.request('GET /b')
    expect(slice.name).toBe(`${run.name} > GET /b`)
    expect(slice.iterations).toMatchObject({ scheduled: 2, ok: 1, failed: 1 })
    expect(slice).toMatchObject({ errorRate: 0.5, throughput: 0.5, duration: 2000 })
    expect(slice.latency.max).toBe(30)
    expect(run.iterations).toMatchObject({ scheduled: 4, ok: 3, failed: 1 })
  })

  it('says which there are', () => {
    expect(() => run.request('GET /c')).toThrow("run.request(): expected one of 'GET /a', 'GET /b', got 'GET /c'")
  })
})

describe('run.window of a target that froze', () => {
  // 100 a second are due; from 1.5 s to 3.6 s nothing ends, then all that waited.
  const recorder = new Recorder({ series: ['work'], open: true, start: 0 })
  const due = Array.from({ length: 300 }, (_, index) => index * 10)
  for (const planned of due) recorder.lane(0, planned).scheduled(planned)
  for (const planned of due) {
    const ended = planned < 1500 ? planned + 1 : 3600 + planned / 1000
    if (ended > 3000) recorder.stop(3000)
    recorder.lane(0, planned).ok({ planned, sent: planned }, ended)
  }
  const run = Run.from({
    ...buildRunData({ asked: { rate: 100 }, duration: 3000 }),
    ...recorder.finish(4000),
    warmup: { duration: 0, lanes: [] },
  })

  it('counts the backlog that it leaves as not known', () => {
    const all = run.window(0, '3s')
    expect(all.iterations).toMatchObject({ scheduled: 300, ok: 150, unfinished: 150 })
    expect(percentile(0.95).read(all).bounds.upper).toBe(Number.POSITIVE_INFINITY)
    expect(run.window('2s', '3s').iterations).toMatchObject({ scheduled: 100, ok: 0, unfinished: 100 })
  })

  it('is exact where no backlog grows', () => {
    const before = run.window(0, '1s')
    expect(before.iterations).toMatchObject({ scheduled: 100, ok: 100, unfinished: 0 })
    expect(percentile(0.95).read(before).bounds).toEqual({ lower: 1, upper: 1 })
  })
})

describe('run.window', () => {
  const run = recorded({ duration: 10_000, ends: Array.from({ length: 10 }, (_, second) => second * 1000 + 500) })

  it('is what ended between two times', () => {
    const slice = run.window('2s', '5s')
    expect(slice.iterations).toEqual({ scheduled: 3, ok: 3, failed: 0, timedOut: 0, unfinished: 0, dropped: 0 })
    expect(slice.duration).toBe(3000)
    expect(slice.throughput).toBe(1)
    expect([slice.latency.min, slice.latency.max]).toEqual([2500, 4500])
  })

  it('snaps outwards to rows, and its name says so', () => {
    const slice = run.window(2400, '4.6s')
    expect(slice.name).toBe('work > 2 s to 5 s')
    expect(slice).toMatchObject({ duration: 3000, iterations: { ok: 3 } })
  })

  it('ends with the run', () => {
    expect(run.window('8s', '1m')).toMatchObject({ name: 'work > 8 s to 10 s', duration: 2000, throughput: 1 })
    expect(run.window(0, '1d')).toMatchObject({ duration: 10_000, throughput: run.throughput })
  })

  it('covers a last row that is shorter', () => {
    const short = recorded({ duration: 2500, ends: [500, 1500, 2200, 2400] })
    expect(short.window('2s', '3s')).toMatchObject({
      duration: 500,
      throughput: 4,
      name: 'work > 2 s to 2.5 s',
    })
  })

  it('is quiet where nothing ended', () => {
    const quiet = recorded({ duration: 10_000, ends: [500] }).window('7s', '9s')
    expect(quiet).toMatchObject({ duration: 2000, throughput: 0, iterations: { scheduled: 0 } })
    expect(quiet.latency.p95).toBeNaN()
    expect(quiet.errorRate).toBeNaN()
  })

  it('does not count what was drained as throughput of a closed run', () => {
    const drained = [10_100, 10_200, 10_300, 11_500]
    const closed = recorded({ duration: 10_000, ends: [9500], drained })
    expect(closed.window('9s', '10s')).toMatchObject({ throughput: 1, duration: 1000 })
    expect(closed.window(0, '1m').throughput).toBe(closed.throughput)
    const partial = recorded({ duration: 9800, ends: [500, 9500], drained: [9900, 9950] })
    expect(partial.window('9s', '10s')).toMatchObject({ duration: 800, throughput: 1 / 0.8 })
    expect(partial.window('9s', '10s').iterations.ok).toBe(3)
  })

  it('ends at the time asked for, although sending stops a tick later', () => {
    const late = recorded({ duration: 10_000.4, asked: 10_000, ends: [9500], drained: [10_000.6] })
    expect(late.window('9s', '1m')).toMatchObject({ name: 'work > 9 s to 10 s', duration: 1000, throughput: 1 })
    expect(() => late.window('10s', '11s')).toThrow('which lasted 10 s')
  })

  it('knows the service time of a closed run: it is the latency', () => {
    expect(run.window('2s', '5s').serviceTime.max).toBe(4500)
    expect(buildRun({ ok: [5], asked: { rate: 1 } }).window(0, '10s').serviceTime.p50).toBeNaN()
  })

  it.each([
    [2, 4],
    [0, 5],
  ])('refuses %s to %s, which are ms: seconds were meant', (from, to) => {
    expect(() => run.window(from, to)).toThrow(/run\.window\(\): numbers are ms: write '[25]s' for seconds, got/)
  })

  it.each([
    ['5s', '5s'],
    ['6s', '5s'],
    ['10s', '20s'],
    ['soon', '5s'],
    [-1, 5000],
    [0, Number.NaN],
  ])('refuses %s to %s', (from, to) => {
    expect(() => run.window(from, to)).toThrow(
      /^run\.window\(\): expected two times inside the run, which lasted 10 s, the earlier first, got /,
    )
  })
})

/** A closed run of one function whose iterations all began at the measured start. */
function recorded({
  duration,
  asked = duration,
  ends,
  drained = [],
}: {
  duration: number
  asked?: number
  ends: readonly number[]
  drained?: readonly number[]
}): Run {
  const recorder = new Recorder({ series: ['work'], open: false, start: 0 })
  const end = (at: number) => {
    const lane = recorder.lane(0, 0)
    lane.scheduled(0)
    lane.ok({ planned: 0, sent: 0 }, at)
  }
  ends.forEach(end)
  recorder.stop(duration)
  drained.forEach(end)
  const { lanes, timeline } = recorder.finish(duration)
  return Run.from({ ...buildRunData({ name: 'work', duration, asked: { vus: 1, duration: asked } }), lanes, timeline })
}

function readersOf(slice: Run | ReturnType<Run['request']>) {
  const { name, duration, iterations, throughput, errorRate, errors, latency, serviceTime, lag } = slice
  const times = [latency, serviceTime, lag].map((times) => {
    const { count, censored, min, mean, p50, p75, p90, p95, p99, p999, max } = times
    return { count, censored, min, mean, p50, p75, p90, p95, p99, p999, max }
  })
  const { checks, usage, warnings, valid, model } = slice
  return { name, duration, iterations, throughput, errorRate, errors, times, checks, usage, warnings, valid, model }
}

describe('a stage', () => {
  const stage = (name: string, start: number, level: [number, number], okInTime: number, times: number[]) => ({
    ...{ name, start, end: start + 2000, from: level[0], to: level[1] },
    lag: buildRunData({ lag: [start / 1000] }).lag,
    lanes: buildRunData({
      requests: { 'GET /a': { ok: times, okInTime }, 'GET /b': { ok: [900], failed: 1 } },
    }).lanes,
  })
  const data = {
    ...buildRunData({ name: 'shop', asked: { duration: 6000 }, duration: 5000, ok: [1] }),
    model: 'open' as const,
    stages: [
      stage('rise', 0, [0, 10], 2, [1, 2, 3]),
      stage('peak', 2000, [10, 10], 6, [30, 40, 50, 60]),
      stage('fall', 4000, [10, 0], 1, [5]),
    ],
  }
  const run = Run.from(data)

  it('is a slice of what began in it, whose throughput is what ended in it', () => {
    const peak = run.stage('peak')
    expect(peak.name).toBe('shop > peak')
    expect(peak.iterations).toMatchObject({ scheduled: 6, ok: 5, failed: 1 })
    expect(peak.duration).toBe(2000)
    expect(peak.throughput).toBe(3.5)
    // Of its own five, and not of what the stage before had left.
    expect(peak.sustained).toBe(2.5)
    expect(peak.lag.max).toBe(2)
    expect(peak.request('GET /a').lag.max).toBe(2)
    expect(peak.latency.max).toBe(900)
    expect(peak.errorRate).toBeCloseTo(1 / 6)
  })

  it('knows the rate that was asked for, on average of its time', () => {
    expect(run.stage('rise').askedRate).toBe(5)
    expect(run.stage('peak').askedRate).toBe(10)
    // The run ended 1 s into it.
    expect(run.stage('fall').askedRate).toBe(7.5)
    expect(run.stage('fall').duration).toBe(1000)
    expect(run.askedRate).toBeCloseTo((10 + 20 + 7.5) / 5)
    expect(Run.from({ ...data, model: 'closed' }).stage('rise').askedRate).toBeUndefined()
  })

  it('can be cut by request', () => {
    const part = run.stage('peak').request('GET /a')
    expect(part.name).toBe('shop > peak > GET /a')
    expect(part.latency.max).toBe(60)
    expect(part.throughput).toBe(3)
    expect(part.askedRate).toBe(10)
    expect(() => run.stage('peak').request('GET /c')).toThrow(
      "run.stage().request(): expected one of 'GET /a', 'GET /b', got 'GET /c'",
    )
  })

  it('that is not there says which are', () => {
    expect(() => run.stage('top')).toThrow("run.stage(): expected one of 'rise', 'peak', 'fall', got 'top'")
    expect(() => buildRun().stage('top')).toThrow("run.stage(): expected a run with stages, got 'top'")
  })

  it('that the run never came to says so', () => {
    const cut = Run.from({ ...data, duration: 4000, aborted: 'Ctrl-C' })
    expect(() => cut.stage('fall')).toThrow("run.stage(): the run ended after 4 s, before its stage 'fall': Ctrl-C")
  })

  it('survives JSON', () => {
    expect(Run.from(JSON.stringify(run)).stage('peak').throughput).toBe(3.5)
  })
})
