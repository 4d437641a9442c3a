// What a shard records, and that the shards of a run add up to the run.
import { describe, expect, it } from 'vitest'
import { Distribution } from '../../../src/core/distribution.ts'
import type { HistogramData } from '../../../src/core/histogram.ts'
import { isBalanced } from '../../../src/core/iterations.ts'
import type { LaneData } from '../../../src/core/lane.ts'
import { tickOf } from '../../../src/core/progress.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { furtherChecks, mostChecks, Recorder } from '../../../src/core/recorder.ts'
import { mergeLanes, mergeRecordings, type Recording } from '../../../src/core/recording.ts'
import { longRecording } from '../../support/long-recording.ts'
import { memoryInUse } from '../../support/memory-in-use.ts'

const start = 10_000

describe('a recorder', () => {
  it('counts what was due before the measured start as warm-up, whenever it ends', () => {
    const recorder = new Recorder({ series: ['a'], open: true, start })
    finishOne(recorder, { series: 0, planned: start - 1, ended: start + 500 })
    finishOne(recorder, { series: 0, planned: start, ended: start + 600 })
    const { lanes, warmup, timeline } = recorder.finish(start + 1000)
    expect(warmup[0]?.iterations.ok).toBe(1)
    expect(lanes[0]?.iterations.ok).toBe(1)
    expect(timeline.rows.map((row) => row.ok)).toEqual([1])
  })

  it('measures until sending stops; what is drained counts, but not as in time', () => {
    const recorder = new Recorder({ series: ['a'], open: false, start })
    finishOne(recorder, { series: 0, planned: start, ended: start + 100 })
    recorder.stop(start + 2000)
    finishOne(recorder, { series: 0, planned: start + 1999, ended: start + 2400 })
    recorder.stop(start + 3000)
    const recording = recorder.finish(start + 2400)
    expect(recording.duration).toBe(2000)
    expect(recording.lanes[0]).toMatchObject({ okInTime: 1, iterations: { ok: 2 } })
    expect(recording.timeline.rows.map((row) => row.ok)).toEqual([1, 0, 1])
  })

  it('measured nothing when it was stopped in the warm-up', () => {
    const recorder = new Recorder({ series: ['a'], open: false, start })
    recorder.stop(start - 500)
    expect(recorder.finish(start - 400).duration).toBe(0)
  })

  it('has a timeline of the whole measured time, however quiet', () => {
    const recorder = new Recorder({ series: ['a'], open: false, start })
    recorder.stop(start + 4500)
    expect(recorder.finish(start + 4500).timeline.rows).toHaveLength(5)
  })

  it('says how often checks held', () => {
    const recorder = new Recorder({ series: ['a'], open: false, start })
    recorder.check('has id', true)
    recorder.check('has id', false)
    recorder.check('is new', true)
    expect(recorder.finish(start).checks).toEqual([
      { name: 'has id', passed: 1, failed: 1 },
      { name: 'is new', passed: 1, failed: 0 },
    ])
  })

  it('tells a hundred checks apart and counts all further ones as one', () => {
    const recorder = new Recorder({ series: ['a'], open: false, start })
    for (let user = 0; user < 1000; user++) recorder.check(`user ${user} has an order`, user % 2 === 0)
    recorder.check('user 5 has an order', true)
    const { checks } = recorder.finish(start)
    expect(checks).toHaveLength(mostChecks + 1)
    expect(checks.at(-1)).toEqual({ name: furtherChecks, passed: 450, failed: 450 })
    expect(checks[5]).toEqual({ name: 'user 5 has an order', passed: 1, failed: 1 })
  })

  it('gives snapshots: all series added up, the time standing still while draining', () => {
    const recorder = new Recorder({ series: ['a', 'b'], open: true, start })
    expect(recorder.snapshot(start - 300).elapsed).toBe(-300)
    expect(tickOf(recorder.snapshot(start)).p95).toBeNaN()
    finishOne(recorder, { series: 0, planned: start, ended: start + 10 })
    finishOne(recorder, { series: 1, planned: start, ended: start + 30 })
    const tick = tickOf(recorder.snapshot(start + 1000))
    expect(tick).toMatchObject({ elapsed: 1000, iterations: { scheduled: 2, ok: 2 } })
    expect(tick.p99).toBeCloseTo(30, 1)
    expect(recorder.snapshot(start + 1000).lane).toMatchObject({
      okInTime: 2,
      latency: { count: 2, sum: 40, min: 10, max: 30 },
      censoredLatency: { count: 0 },
    })
    recorder.lane(0, start).timedOut({ planned: start, sent: start }, () => 'slow', start + 500)
    expect(tickOf(recorder.snapshot(start + 1000)).p99).toBeCloseTo(500, -1)
    recorder.stop(start + 2000)
    expect(recorder.snapshot(start + 4000).elapsed).toBe(2000)
    recorder.finish(start + 4000)
  })
})

describe('a long run', () => {
  it('is recorded in the memory of a short one, every iteration of it', { timeout: 60_000 }, async () => {
    const [samples, hour] = [1e6, 3_600_000]
    const run = longRecording({ samples, duration: hour, snapshots: 60 })
    run.fill(samples / 4)
    const early = await memoryInUse()
    run.fill(samples)
    const late = await memoryInUse()
    // Four bytes a sample would be more.
    expect(late.heapBytes - early.heapBytes).toBeLessThan(3e6)
    expect(late.arrayBufferBytes - early.arrayBufferBytes).toBeLessThan(2e6)
    // The memory of WebAssembly grows in large steps, here by the histograms of further stages.
    expect(late.externalBytes - early.externalBytes).toBeLessThan(20e6)
    const { lanes, stages, timeline } = run.recorder.finish(hour)
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0)
    expect(sum(lanes.map(({ iterations }) => iterations.scheduled))).toBe(samples)
    expect(lanes.every(({ iterations }) => isBalanced(iterations))).toBe(true)
    const stageLanes = stages.flatMap((stage) => stage.lanes)
    expect(sum(stageLanes.map(({ iterations }) => iterations.scheduled))).toBe(samples)
    expect(sum(timeline.rows.map(({ due }) => due))).toBe(samples)
    expect(sum(timeline.rows.map(({ latency }) => latency.count))).toBe(
      sum(lanes.map(({ iterations }) => iterations.ok)),
    )
  })
})

describe('recordings of shards', () => {
  const series = ['GET /', 'POST /', 'GET /rare']
  const events = script()
  const all = recordAll(events, series)
  const shards = [0, 1, 2].map((index) =>
    recordAll(
      events.filter((_, number) => number % 3 === index),
      series,
    ),
  )

  it('add up to the recording of all', () => {
    expectSame(mergeRecordings(shards), all)
  })

  it('add up in any order and grouping', () => {
    const [first, second, third] = shards as [Recording, Recording, Recording]
    expectSame(mergeRecordings([third, mergeRecordings([first, second])]), all)
  })

  it('add up after a way through JSON', () => {
    expectSame(mergeRecordings(JSON.parse(JSON.stringify(shards))), all)
  })

  it('balance, all together and each series', () => {
    for (const { iterations } of mergeRecordings(shards).lanes) expect(isBalanced(iterations)).toBe(true)
  })

  it('of a single shard are what they are; none are a mistake', () => {
    expect(mergeRecordings([all])).toBe(all)
    expect(() => mergeRecordings([])).toThrow(RangeError)
  })
})

describe('lanes', () => {
  it('of nothing are an empty lane', () => {
    expect(mergeLanes([], 'run')).toMatchObject({ name: 'run', iterations: { scheduled: 0 }, latency: { count: 0 } })
  })

  it('sum up errors by kind, the most frequent first, with the first example', () => {
    const lane = (errors: LaneData['errors']) => ({ ...mergeLanes([]), errors })
    const merged = mergeLanes([
      lane([{ kind: 'reset', count: 2, example: 'r1' }]),
      lane([
        { kind: 'timeout', count: 9, example: 't1' },
        { kind: 'reset', count: 3, example: 'r2' },
      ]),
    ])
    expect(merged.errors).toEqual([
      { kind: 'timeout', count: 9, example: 't1' },
      { kind: 'reset', count: 5, example: 'r1' },
    ])
  })
})

interface Scripted {
  readonly series: number
  readonly planned: number
  readonly sent: number
  readonly ended: number
  readonly how: 'ok' | 'failed' | 'timedOut' | 'unfinished' | 'dropped'
}

/** Three minutes of mixed fortunes in the order of their ends. */
function script(): Scripted[] {
  const random = seededRandom(11)
  const hows = ['ok', 'ok', 'ok', 'ok', 'failed', 'timedOut', 'unfinished', 'dropped'] as const
  const events = Array.from({ length: 900 }, (_, index) => {
    const planned = start - 5000 + index * 40
    const sent = planned + random() * 2
    const ended = sent + 1 + random() * 800
    const how = hows[Math.floor(random() * hows.length)] as Scripted['how']
    return { series: Math.floor(random() * 3), planned, sent, ended, how }
  })
  return events.sort((a, b) => a.ended - b.ended)
}

function recordAll(events: readonly Scripted[], series: readonly string[]): Recording {
  const recorder = new Recorder({ series, open: true, start })
  for (const event of events) {
    const lane = recorder.lane(event.series, event.planned)
    lane.scheduled(event.planned)
    recorder.late(event.planned, event.sent - event.planned)
    recorder.check('held', event.how === 'ok')
    if (event.how === 'ok') lane.ok(event, event.ended)
    else if (event.how === 'failed') lane.failed('reset', () => 'example', event.ended)
    else if (event.how === 'timedOut') lane.timedOut(event, () => 'slow', event.ended)
    else if (event.how === 'unfinished') lane.unfinished(event, event.ended)
    else lane.dropped(event.ended)
  }
  recorder.stop(start + 31_000)
  return recorder.finish(start + 32_000)
}

function finishOne(
  recorder: Recorder,
  { series, planned, ended }: { series: number; planned: number; ended: number },
): void {
  const lane = recorder.lane(series, planned)
  lane.scheduled(0)
  lane.ok({ planned, sent: planned }, ended)
}

/** Equal but for the rounding of sums of floats, and the bytes of the encoding. */
function expectSame(left: Recording, right: Recording): void {
  expect(readable(left)).toEqual(readable(right))
}

function readable({ lanes, warmup, timeline, lag, duration, checks }: Recording) {
  const times = (data: HistogramData) => {
    const distribution = new Distribution(data)
    const percentiles = [0, 0.1, 0.5, 0.9, 0.99, 1].map((q) => distribution.percentile(q))
    return { count: data.count, sum: data.sum.toFixed(3), ends: [data.min, data.max], percentiles }
  }
  const lane = ({ name, iterations, okInTime, errors, ...histograms }: LaneData) => ({
    name,
    iterations,
    okInTime,
    errors: [...errors].sort((a, b) => a.kind.localeCompare(b.kind)),
    latency: times(histograms.latency),
    serviceTime: times(histograms.serviceTime),
    censoredLatency: times(histograms.censoredLatency),
    censoredServiceTime: times(histograms.censoredServiceTime),
  })
  const rows = timeline.rows.map(({ latency, censoredLatency, ...counts }) => ({
    ...counts,
    latency: times(latency),
    censoredLatency: times(censoredLatency),
  }))
  return {
    lanes: lanes.map(lane),
    warmup: warmup.map(lane),
    width: timeline.width,
    rows,
    lag: times(lag),
    duration,
    checks,
  }
}
