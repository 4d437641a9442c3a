// The parts of a recording beside its lanes: stages, what the warm-up hands over, the time of users, and snapshots.
import { describe, expect, it } from 'vitest'
import type { LaneData } from '../../../src/core/lane.ts'
import { Recorder, type RecorderOptions } from '../../../src/core/recorder.ts'
import { joinNames, mergeLanes, mergeRecordings, mergeSnapshots } from '../../../src/core/recording.ts'

const start = 10_000
const stages = [0, 1000, 2000].map((from) => ({ name: `from ${from}`, start: from, end: from + 1000, from: 2, to: 2 }))

/** A recorder of one series. */
const recorderOf = (options: Partial<RecorderOptions> = {}) =>
  new Recorder({ series: ['a'], open: false, start, ...options })

/** Iterations from when to when, in ms of the measured time, all ok. */
function run(recorder: Recorder, spans: readonly (readonly [from: number, to: number])[]): void {
  for (const [from, to] of spans) {
    const timing = { planned: start + from, sent: start + from }
    const lane = recorder.lane(0, timing.planned)
    lane.scheduled(timing.planned)
    lane.ok(timing, start + to)
  }
}

const ok = (lanes: readonly LaneData[]) => lanes.map(({ iterations, okInTime }) => [iterations.ok, okInTime])

describe('stages', () => {
  it('have what began in them, and in time what ended in them', () => {
    const recorder = recorderOf({ stages })
    run(recorder, [
      [0, 500],
      [999, 1000],
      [1000, 1999],
      [1500, 2000],
      [2500, 2900],
      [2600, 3500],
    ])
    recorder.stop(start + 3000)
    run(recorder, [[2999, 3600]])
    const recording = recorder.finish(start + 3600)
    expect(recording.stages.map(({ name }) => name)).toEqual(['from 0', 'from 1000', 'from 2000'])
    expect(recording.stages.flatMap(({ lanes }) => ok(lanes))).toEqual([
      [2, 1],
      [2, 2],
      [3, 3],
    ])
    expect(ok(recording.lanes)).toEqual([[7, 6]])
  })

  it('do not count in time what ended after the stop', () => {
    const recorder = recorderOf({ stages })
    recorder.stop(start + 1500)
    run(recorder, [
      [0, 1200],
      [500, 1499],
      [900, 1500],
    ])
    const recording = recorder.finish(start + 1500)
    expect(recording.stages.flatMap(({ lanes }) => ok(lanes))).toEqual([
      [3, 0],
      [0, 2],
      [0, 0],
    ])
    expect(recording.duration).toBe(1500)
  })

  it('of shards add up', () => {
    const shards = [600, 1600].map((to) => {
      const recorder = recorderOf({ stages })
      run(recorder, [[500, to]])
      return recorder.finish(start + to)
    })
    const merged = mergeRecordings(shards)
    expect(merged.stages.map(({ name }) => name)).toEqual(stages.map(({ name }) => name))
    expect(merged.stages.flatMap(({ lanes }) => ok(lanes))).toEqual([
      [2, 1],
      [0, 1],
      [0, 0],
    ])
    expect(merged.duration).toBe(1600)
  })

  it('of a run without any are none', () => {
    expect(recorderOf().finish(start).stages).toEqual([])
  })
})

describe('what began in the warm-up', () => {
  const counts = (options: Partial<RecorderOptions>) => {
    const recorder = recorderOf(options)
    run(recorder, [[-100, 900]])
    const { lanes, warmup } = recorder.finish(start + 1000)
    return [lanes, warmup].map((part) => part[0]?.iterations.ok)
  }

  it('belongs to a closed run when most of it lies in its measured time', () => {
    expect(counts({})).toEqual([1, 0])
  })

  it('stays in the warm-up when no more than half of it lies there', () => {
    const recorder = recorderOf()
    run(recorder, [[-100, 100]])
    const { lanes, warmup } = recorder.finish(start + 1000)
    expect([lanes, warmup].map((part) => part[0]?.iterations.ok)).toEqual([0, 1])
  })

  it('never belongs to a run of planned instants or of a fixed amount', () => {
    expect(counts({ open: true })).toEqual([0, 1])
    expect(counts({ fixedAmount: true })).toEqual([0, 1])
  })

  it('has no service time of its own in a closed run', () => {
    const recorder = recorderOf()
    run(recorder, [[-100, -50]])
    const [lane] = recorder.finish(start).warmup
    expect(lane?.serviceTime).toBe(lane?.latency)
  })
})

describe('the time of users', () => {
  it('is that of the planned time, up to a stop', () => {
    const occupancy = (stop?: number) => {
      const recorder = recorderOf({ duration: 1000 })
      if (stop !== undefined) recorder.stop(start + stop)
      recorder.occupancy.busy(start - 500, start + 5000)
      return recorder.finish(start + 5000).occupancy?.busy
    }
    expect([occupancy(), occupancy(400)]).toEqual([1000, 400])
  })

  it('is endless where no time is planned, and unknown in an open run', () => {
    const recorder = recorderOf()
    recorder.occupancy.rest(start, start + 5000)
    expect(recorder.finish(start).occupancy).toEqual({ duty: 0, busy: 0, rest: 5000 })
    expect(recorderOf({ open: true }).finish(start)).not.toHaveProperty('occupancy')
  })

  it('of shards adds up', () => {
    const shards = (open: boolean) =>
      [1, 2].map((users) => {
        const recorder = recorderOf({ open, duration: 1000 })
        recorder.occupancy.duty(start, start + 1000, users)
        return recorder.finish(start + 1000)
      })
    expect(mergeRecordings(shards(false)).occupancy).toEqual({ duty: 3000, busy: 0, rest: 0 })
    expect(mergeRecordings(shards(true))).not.toHaveProperty('occupancy')
  })
})

it('adds up the snapshots of shards, at the time of the latest', () => {
  const snapshots = [1000, 2000].map((at, index) => {
    const recorder = recorderOf()
    run(recorder, [[0, 500 + index]])
    recorder.lag.record(index + 1)
    const snapshot = recorder.snapshot(start + at)
    recorder.finish(start + at)
    return snapshot
  })
  expect(mergeSnapshots(snapshots)).toMatchObject({
    elapsed: 2000,
    lane: { okInTime: 2, iterations: { scheduled: 2, ok: 2 }, latency: { count: 2, sum: 1001 } },
    lag: { count: 2, sum: 3 },
  })
})

it('of no shards is a mistake that says so', () => {
  expect(() => mergeRecordings([])).toThrow('mergeRecordings() needs at least one recording')
})

describe('bytes', () => {
  const carried = (recorder: Recorder, from: number, until: number) => {
    const carrier = { bytesRead: 0, bytesWritten: 0 }
    recorder.bytes.add(carrier)
    Object.assign(carrier, { bytesRead: from, bytesWritten: 10 * from })
    recorder.bytes.begin()
    Object.assign(carrier, { bytesRead: until, bytesWritten: 10 * until })
    recorder.stop(start + 1000)
    Object.assign(carrier, { bytesRead: 1e6, bytesWritten: 1e6 })
    return recorder.finish(start + 2000)
  }

  it('are those of the measured time, up to the stop', () => {
    expect(carried(recorderOf(), 3, 10).bytes).toEqual({ received: 7, sent: 70 })
  })

  it('of shards add up', () => {
    const merged = mergeRecordings([carried(recorderOf(), 3, 10), carried(recorderOf(), 1, 2)])
    expect(merged.bytes).toEqual({ received: 8, sent: 80 })
  })

  it('are in no recording without a connection, nor where a shard had none', () => {
    const none = recorderOf().finish(start)
    expect(none).not.toHaveProperty('bytes')
    expect(mergeRecordings([none, carried(recorderOf(), 0, 1)])).not.toHaveProperty('bytes')
  })
})

describe('lanes of one name', () => {
  const recorder = new Recorder({ series: ['a', 'b', 'a'], open: true, start, stages })
  for (const from of [-50, 0, 1000]) {
    for (const series of [0, 1, 2]) {
      const timing = { planned: start + from, sent: start + from }
      const lane = recorder.lane(series, timing.planned)
      lane.scheduled(timing.planned)
      lane.ok(timing, start + from + 10)
    }
  }
  const apart = recorder.finish(start + 3000)
  const joined = joinNames(apart)
  const counts = (lanes: readonly LaneData[] = []) => lanes.map(({ name, iterations }) => [name, iterations.ok])

  it('become one, in the warm-up and in each stage too', () => {
    expect(counts(apart.lanes)).toEqual([
      ['a', 2],
      ['b', 2],
      ['a', 2],
    ])
    expect(counts(joined.lanes)).toEqual([
      ['a', 4],
      ['b', 2],
    ])
    const once = [
      ['a', 2],
      ['b', 1],
    ]
    expect(counts(joined.warmup)).toEqual(once)
    expect(joined.stages.map(({ lanes }) => counts(lanes))).toEqual([
      once,
      once,
      [
        ['a', 0],
        ['b', 0],
      ],
    ])
  })

  it('of other names stay as they are', () => {
    expect(joined.lanes[1]).toBe(apart.lanes[1])
    expect(joined.timeline).toBe(apart.timeline)
  })

  it('of no lanes have no name', () => {
    expect(mergeLanes([]).name).toBe('')
  })
})

describe('a marked moment', () => {
  it('takes what was under way in it out of every latency, and out of no count', () => {
    const recorder = recorderOf({ open: true, stages })
    run(recorder, [[0, 10]])
    recorder.moments.begin()
    run(recorder, [[5, 900]])
    recorder.moments.end(start + 950)
    run(recorder, [
      [930, 1200],
      [950, 951],
      [1100, 1110],
    ])
    recorder.stop(start + 3000)
    const { lanes, stages: staged, timeline } = recorder.finish(start + 3000)
    const [lane] = lanes as [LaneData]
    expect(lane).toMatchObject({ iterations: { scheduled: 5, ok: 5 }, okInTime: 5, marked: 2 })
    expect([lane.latency.count, lane.serviceTime.count]).toEqual([3, 3])
    expect(staged.map((stage) => stage.lanes[0]?.marked)).toEqual([2, 0, 0])
    expect(timeline.rows.map((row) => [row.ok, row.latency.count])).toEqual([
      [2, 1],
      [3, 2],
      [0, 0],
    ])
  })
})

it('a marked moment leaves open how what was given up in it would have ended', () => {
  const recorder = recorderOf({ open: true, stages })
  const sent = (at: number) => ({ planned: start + at, sent: start + at })
  recorder.moments.begin()
  for (const at of [0, 5, 6, 600, 601]) recorder.lane(0, start + at).scheduled(start + at)
  recorder.lane(0, start).timedOut(sent(0), () => 'slow', start + 500)
  recorder.lane(0, start).unfinished(sent(5), start + 500)
  recorder.lane(0, start).dropped(start + 6)
  recorder.moments.end(start + 550)
  recorder.lane(0, start).timedOut(sent(600), () => 'slow', start + 990)
  recorder.lane(0, start).dropped(start + 601)
  recorder.stop(start + 3000)
  const { lanes, timeline } = recorder.finish(start + 3000)
  expect(lanes[0]).toMatchObject({
    iterations: { scheduled: 5, timedOut: 1, unfinished: 3, dropped: 1 },
    errors: [{ kind: 'timeout', count: 1 }],
  })
  expect([lanes[0]?.censoredLatency.count, lanes[0]?.censoredServiceTime.count]).toEqual([1, 1])
  expect(timeline.rows[0]).toMatchObject({ timedOut: 1, unfinished: 3, dropped: 1, censoredLatency: { count: 1 } })
})

describe('what tells whether a stage was kept up with', () => {
  /** By stage. */
  const parts = (recorder: Recorder) =>
    recorder.finish(start + 9000).stages.map(({ lanes: [lane], lag }) => ({
      own: lane?.ownInTime,
      early: lane?.early,
      lag: lag.count,
    }))

  it('are its own iterations that ended before it did', () => {
    const recorder = recorderOf({ open: true, stages })
    run(recorder, [
      [900, 999],
      [910, 1000],
      [1500, 1999],
      [1600, 2500],
      [2900, 2950],
    ])
    recorder.stop(start + 3000)
    run(recorder, [[2990, 3100]])
    expect(parts(recorder).map(({ own }) => own)).toEqual([1, 1, 1])
  })

  it('are latencies of what was due in its first third', () => {
    const recorder = recorderOf({ open: true, stages })
    run(recorder, [
      [0, 100],
      [333, 533],
      [334, 999],
      [1333, 1343],
      [1334, 1999],
    ])
    expect(parts(recorder).map(({ early }) => early)).toEqual([
      { count: 2, sum: 300 },
      { count: 1, sum: 10 },
      { count: 0, sum: 0 },
    ])
  })

  it('is how late its own were sent; none of the last stage without stages', () => {
    const recorder = recorderOf({ open: true, stages })
    recorder.late(start + 999, 5)
    recorder.late(start + 1000, 5)
    recorder.late(start + 1999, 7)
    recorder.late(start + 2999, 9)
    const { lag } = recorder.snapshot(start + 3000)
    expect(lag.count).toBe(4)
    expect(parts(recorder).map((stage) => stage.lag)).toEqual([1, 2, 1])
    const plain = recorderOf({ open: true, duration: 3000 })
    plain.late(start, 5)
    const recording = plain.finish(start + 3000)
    expect([recording.lag.count, recording.stages]).toEqual([1, []])
  })

  it('is that of a run as a whole without stages', () => {
    const recorder = recorderOf({ open: true, duration: 3000 })
    run(recorder, [
      [0, 100],
      [999, 1100],
      [1000, 2999],
    ])
    recorder.stop(start + 3000)
    run(recorder, [[2998, 3000]])
    const [lane] = recorder.finish(start + 3100).lanes as [LaneData]
    expect(lane).toMatchObject({ ownInTime: 3, early: { count: 2, sum: 201 } })
  })

  it('of a time that nobody knows is all of it', () => {
    const recorder = recorderOf({ open: true })
    run(recorder, [[5000, 5100]])
    const [lane] = recorder.finish(start + 6000).lanes as [LaneData]
    expect(lane).toMatchObject({ ownInTime: 1, early: { count: 1, sum: 100 } })
  })

  it('is added up over shards', () => {
    const shards = [0, 1].map((shift) => {
      const recorder = recorderOf({ open: true, stages })
      run(recorder, [[shift, 100 + shift * 3]])
      recorder.late(start + 1500, 4)
      recorder.stop(start + 3000)
      return recorder.finish(start + 3000)
    })
    const { stages: staged, lanes } = mergeRecordings(shards)
    const sum = { ownInTime: 2, early: { count: 2, sum: 202 } }
    expect(lanes).toMatchObject([sum])
    expect(staged.map(({ lanes: [lane] }) => lane?.early.count)).toEqual([2, 0, 0])
    expect(staged.map(({ lag }) => lag.count)).toEqual([0, 2, 0])
  })
})
