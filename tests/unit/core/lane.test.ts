// How the iterations of one series are counted and timed.
import { describe, expect, it } from 'vitest'
import { emptyHistogram } from '../../../src/core/histogram.ts'
import { isBalanced } from '../../../src/core/iterations.ts'
import { Ending, Lane } from '../../../src/core/lane.ts'
import { Timeline } from '../../../src/core/timeline.ts'

describe('a lane', () => {
  it('counts every end once and times it', () => {
    const lane = new Lane('GET /', { open: true })
    for (let due = 0; due < 5; due++) lane.scheduled(0)
    lane.ok({ planned: 10, sent: 12 }, 20)
    lane.failed('reset', () => 'ECONNRESET', 25)
    lane.timedOut({ planned: 0, sent: 5 }, () => 'no answer in 100 ms', 105)
    lane.unfinished({ planned: 50, sent: 60 }, 90)
    lane.dropped(70)
    const data = lane.finish()
    expect(data).toMatchObject({
      name: 'GET /',
      iterations: { scheduled: 5, ok: 1, failed: 1, timedOut: 1, unfinished: 1, dropped: 1 },
      okInTime: 1,
      latency: { count: 1, sum: 10 },
      serviceTime: { count: 1, sum: 8 },
      censoredLatency: { count: 2, min: 40, max: 105 },
      censoredServiceTime: { count: 2, min: 30, max: 100 },
    })
    expect(isBalanced(data.iterations)).toBe(true)
  })

  it('gives its timeline the times that it keeps itself', () => {
    const timeline = new Timeline(0)
    const lane = new Lane('GET /', { open: true, timeline })
    lane.ok({ planned: 100, sent: 110 }, 130)
    lane.timedOut({ planned: 200, sent: 210 }, () => 'slow', 700)
    lane.unfinished({ planned: 300, sent: 310 }, 400)
    const { latency, censoredLatency } = lane.finish()
    expect(timeline.finish(1000).rows).toMatchObject([{ latency, censoredLatency }])
  })

  it('never lets a failed iteration into a time', () => {
    const lane = new Lane('GET /', { open: true })
    lane.failed('http-5xx', () => '503', 5)
    expect(lane.finish()).toMatchObject({ latency: emptyHistogram, censoredLatency: emptyHistogram })
  })

  it('hands over what spent more of its time after the measured start than before it', () => {
    const measured = new Lane('GET /', { open: false })
    const warmup = new Lane('GET /', { open: false, successor: { lane: measured, start: 1000 } })
    const begin = (sent: number) => {
      warmup.scheduled(sent)
      return { planned: sent, sent }
    }
    warmup.ok(begin(990), 1005) // 10 ms before, 5 ms after
    warmup.ok(begin(900), 2800) // a stall that began in the warm-up
    warmup.timedOut(begin(950), () => 'no answer', 10_950)
    warmup.unfinished(begin(0), 7000)
    const [before, after] = [warmup.finish(), measured.finish()]
    expect(before.iterations).toMatchObject({ scheduled: 1, ok: 1, timedOut: 0, unfinished: 0 })
    expect(after.iterations).toMatchObject({ scheduled: 3, ok: 1, timedOut: 1, unfinished: 1 })
    expect(after).toMatchObject({ latency: { count: 1, max: 1900 }, censoredLatency: { count: 2, max: 10_000 } })
    expect([before, after].map(({ iterations }) => isBalanced(iterations))).toEqual([true, true])
  })

  it('has one time in a closed model', () => {
    const lane = new Lane('GET /', { open: false })
    lane.ok({ planned: 5, sent: 5 }, 9)
    const { latency, serviceTime } = lane.finish()
    expect(serviceTime).toBe(latency)
    expect(latency).toMatchObject({ count: 1, sum: 4 })
  })

  it('keeps one example of each kind of error and asks for no other', () => {
    const lane = new Lane('GET /', { open: false })
    let asked = 0
    const example = (text: string) => () => {
      asked++
      return text
    }
    lane.failed('reset', example('first'), 1)
    lane.failed('reset', example('second'), 2)
    lane.timedOut({ planned: 0, sent: 0 }, example('slow'), 3)
    lane.failed('reset', example('third'), 4)
    expect(lane.finish().errors).toEqual([
      { kind: 'reset', count: 3, example: 'first' },
      { kind: 'timeout', count: 1, example: 'slow' },
    ])
    expect(asked).toBe(2)
  })

  it('counts an ok iteration for the stretch of time in which it ended, and not at all after the last', () => {
    const drained = new Ending(Number.POSITIVE_INFINITY)
    const second = new Ending(Number.POSITIVE_INFINITY, drained)
    const first = new Ending(10, second)
    const lanes = [first, second].map((ending) => new Lane('GET /', { open: false, ending }))
    const timing = { planned: 0, sent: 0 }
    for (const ended of [9, 10, 19]) lanes[0]?.ok(timing, ended)
    first.stop(20)
    lanes[0]?.ok(timing, 20)
    for (const ended of [19.9, 25]) lanes[1]?.ok(timing, ended)
    expect(lanes.map((lane) => lane.finish())).toMatchObject([
      { okInTime: 1, iterations: { ok: 4 } },
      { okInTime: 3, iterations: { ok: 2 } },
    ])
    expect(drained.ok).toBe(2)
  })
})
