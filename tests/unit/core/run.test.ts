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
    ['5s', '5s'],
    ['6s', '5s'],
    ['10s', '20s'],
    ['soon', '5s'],
    [-1, 5],
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
