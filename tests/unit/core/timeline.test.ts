// Rows of time: what falls where, how they double, and that nothing is lost on the way.
import { describe, expect, it } from 'vitest'
import { Distribution } from '../../../src/core/distribution.ts'
import { mergeHistograms } from '../../../src/core/histogram.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { mergeTimelines, Timeline, type TimelineData, type TimelineRow } from '../../../src/core/timeline.ts'

const counts = ({ ok, failed, timedOut, unfinished, dropped }: TimelineRow) => [
  ok,
  failed,
  timedOut,
  unfinished,
  dropped,
]
const hour = 3_600_000

describe('rows', () => {
  it('are a second wide from the start, each with what ended in it', () => {
    const timeline = new Timeline(5000)
    timeline.ok(5000, 1)
    timeline.ok(5999.9, 2)
    timeline.failed(6000)
    timeline.timedOut(6500, 1500)
    timeline.unfinished(6600, 1600)
    timeline.dropped(6700)
    const { width, rows } = timeline.finish(7000)
    expect(width).toBe(1000)
    expect(rows.map(counts)).toEqual([
      [2, 0, 0, 0, 0],
      [0, 1, 1, 1, 1],
    ])
    expect(rows.map(({ latency, censoredLatency }) => [latency.count, censoredLatency.count])).toEqual([
      [2, 0],
      [0, 2],
    ])
    expect(rows[0]?.latency).toMatchObject({ min: 1, max: 2, sum: 3 })
    expect(rows[1]?.censoredLatency).toMatchObject({ min: 1500, max: 1600 })
  })

  it.each(['ok', 'failed', 'timedOut', 'unfinished', 'dropped'] as const)(
    'begin with the first that is %s in it',
    (end) => {
      const timeline = new Timeline(5000)
      for (const at of [5999, 6000, 7500]) timeline[end](at, 1)
      expect(timeline.finish(8000).rows.map((row) => row[end])).toEqual([1, 1, 1])
    },
  )

  it('say what was due in them, wherever the clock stood at the start', () => {
    const timeline = new Timeline(5000)
    for (const at of [5000, 5999, 6000]) timeline.due(at)
    expect(timeline.finish(8000).rows.map(({ due }) => due)).toEqual([2, 1, 0])
  })

  it('are there for quiet seconds too, in between and at the end', () => {
    const timeline = new Timeline(0)
    timeline.ok(3500, 1)
    expect(timeline.finish(6000).rows.map(({ ok }) => ok)).toEqual([0, 0, 0, 1, 0, 0])
  })

  it('go on past the end for what is drained', () => {
    const timeline = new Timeline(0)
    timeline.ok(500, 1)
    timeline.ok(2100, 1)
    expect(timeline.finish(1000).rows.map(({ ok }) => ok)).toEqual([1, 0, 1])
  })

  it('of a run without anything: one, empty', () => {
    expect(new Timeline(0).finish(0).rows.map(counts)).toEqual([[0, 0, 0, 0, 0]])
  })

  it('take what comes late from the clock into the row under way', () => {
    const timeline = new Timeline(0)
    timeline.ok(1200, 1)
    timeline.dropped(900)
    expect(timeline.finish(2000).rows.map(counts)).toEqual([
      [0, 0, 0, 0, 0],
      [1, 0, 0, 0, 1],
    ])
  })
})

describe('doubling', () => {
  it('happens when 600 rows are full, not before', () => {
    const shapes = [600_000, 600_001, 1_200_000, 1_200_001].map((duration) => new Timeline(0).finish(duration))
    expect(shapes.map(({ width, rows }) => [width, rows.length])).toEqual([
      [1000, 600],
      [2000, 301],
      [2000, 600],
      [4000, 301],
    ])
  })

  it('keeps every count and time where it belongs', () => {
    const { width, rows } = steady(1_202_000, 2)
    expect(width).toBe(4000)
    rows.forEach((row, index) => {
      const ends = [index * 4, index * 4 + 2].filter((second) => second < 1202)
      expect(counts(row)).toEqual([ends.length, 0, 0, 0, 0])
      const latencies = ends.map(latencyAt)
      expect(row.latency).toMatchObject({
        count: ends.length,
        min: Math.min(...latencies),
        max: Math.max(...latencies),
      })
    })
  })

  it('adds up what was due in both halves of a row', () => {
    const timeline = new Timeline(0)
    for (const at of [0, 1000, 1999, 2000, 600_000]) timeline.due(at)
    const { width, rows } = timeline.finish(601_000)
    expect([width, rows[0]?.due, rows[1]?.due, rows[300]?.due]).toEqual([2000, 3, 1, 1])
  })

  it('lets 24 h cost what 10 minutes cost', () => {
    const { width, rows } = steady(24 * hour, 60)
    expect(width).toBe(256_000)
    expect(rows).toHaveLength(Math.ceil((24 * hour) / 256_000))
    expect(rows.reduce((sum, { ok }) => sum + ok, 0)).toBe(24 * 60)
    expect(JSON.stringify(rows).length).toBeLessThan(600 * 2000)
  })

  it.each([
    ['a moment before the first end of the row that doubles them', [600_000, 600_100], 600_200],
    ['long before anything ends', [0, 599_999, 600_000, 1_200_000, 1_799_999], 1_800_000],
  ])('keeps what was due %s', (_, dues, ended) => {
    const timeline = new Timeline(0)
    for (const due of dues) timeline.due(due)
    timeline.ok(ended, 1)
    const { width, rows } = timeline.finish(ended)
    const rowsOfDue = rows.flatMap(({ due }, row) => Array<number>(due).fill(row))
    expect(rowsOfDue).toEqual(dues.map((due) => Math.floor(due / width)))
  })

  it('survives a silence of any length', () => {
    const timeline = new Timeline(0)
    timeline.ok(1, 1)
    timeline.ok(48 * hour, 1)
    const { width, rows } = timeline.finish(48 * hour + 1)
    expect(rows.length).toBeLessThanOrEqual(600)
    expect(rows[0]?.ok).toBe(1)
    expect(rows[Math.floor((48 * hour) / width)]?.ok).toBe(1)
  })
})

describe('timelines of shards', () => {
  it('add up to the timeline of all, also where their widths differ', () => {
    const random = seededRandom(3)
    const ends = Array.from({ length: 500 }, () => ({ at: random() * 1_500_000, latency: random() * 100 }))
    ends.sort((a, b) => a.at - b.at)
    const early = ends.filter(({ at }) => at < 400_000)
    const [long, odd, short, all] = [
      record(ends.filter(({ at }, index) => at >= 400_000 && index % 2 === 0)),
      record(ends.filter(({ at }, index) => at >= 400_000 && index % 2 === 1)),
      record(early),
      record(ends),
    ] as const
    expect([long.width, short.width]).toEqual([4000, 1000])
    expectSame(mergeTimelines([long, odd, short]), all)
    expectSame(mergeTimelines([short, mergeTimelines([odd, long])]), all)
  })

  it('add up what was due', () => {
    const shards = [500, 1500].map((at) => {
      const timeline = new Timeline(0)
      for (const due of [0, at]) timeline.due(due)
      return timeline.finish(2000)
    })
    expect(mergeTimelines(shards).rows.map(({ due }) => due)).toEqual([3, 1])
  })

  it('of one shard stay what they were', () => {
    const one = steady(5000, 1)
    expectSame(mergeTimelines([one]), one)
  })
})

/** One ok iteration every so many seconds. */
function steady(duration: number, every: number): TimelineData {
  const timeline = new Timeline(0)
  for (let second = 0; second * 1000 < duration; second += every) timeline.ok(second * 1000, latencyAt(second))
  return timeline.finish(duration)
}

function latencyAt(second: number): number {
  return 1 + (second % 50)
}

function record(ends: readonly { at: number; latency: number }[]): TimelineData {
  const timeline = new Timeline(0)
  for (const { at, latency } of ends) timeline.ok(at, latency)
  return timeline.finish(ends.at(-1)?.at ?? 0)
}

function expectSame(left: TimelineData, right: TimelineData): void {
  expect(left.width).toBe(right.width)
  expect(left.rows.map(counts)).toEqual(right.rows.map(counts))
  const medians = ({ rows }: TimelineData) => rows.map(({ latency }) => new Distribution(latency).p50)
  expect(medians(left)).toEqual(medians(right))
  const total = ({ rows }: TimelineData) => mergeHistograms(rows.map(({ latency }) => latency))
  expect(new Distribution(total(left)).p95).toBe(new Distribution(total(right)).p95)
}
