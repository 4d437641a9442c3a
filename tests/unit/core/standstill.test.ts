// When it is noticed that nothing moves any more.
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/core/recorder.ts'
import { commonStandstills, Standstills } from '../../../src/core/standstill.ts'

const second = 1000

describe('a standstill', () => {
  it('is 10 s in which work is under way and nothing completes', () => {
    const watch = new Standstills(5 * second)
    watch.began(6 * second)
    watch.began(7 * second)
    watch.completed(17 * second)
    watch.completed(26 * second)
    expect(watch.finish(30 * second)).toEqual([{ from: second, until: 12 * second }])
  })

  it('is none while nothing is asked', () => {
    const watch = new Standstills(0)
    watch.began(0)
    watch.completed(100)
    watch.began(30 * second)
    watch.completed(31 * second)
    expect(watch.finish(90 * second)).toEqual([])
  })

  it('goes on through time-outs, and to the end of the run', () => {
    const watch = new Standstills(0)
    for (let at = 0; at < 5; at++) watch.began(at * second)
    for (let at = 10; at < 14; at++) watch.givenUp(at * second)
    expect(watch.finish(20 * second)).toEqual([{ from: 0, until: 20 * second }])
  })

  it('is told apart from the next, twenty of them', () => {
    const watch = new Standstills(0)
    for (let at = 0; at < 30; at++) {
      watch.began(at * 20 * second)
      watch.completed((at * 20 + 11) * second)
    }
    const found = watch.finish(0)
    expect(found).toHaveLength(20)
    expect(found[1]).toEqual({ from: 20 * second, until: 31 * second })
  })

  it('of several shards is that of all of them', () => {
    const one = [
      { from: 0, until: 20_000 },
      { from: 50_000, until: 70_000 },
    ]
    expect(commonStandstills([one, [{ from: 5000, until: 18_000 }]])).toEqual([{ from: 5000, until: 18_000 }])
    expect(commonStandstills([one, []])).toEqual([])
    expect(commonStandstills([one])).toEqual(one)
  })
})

it('is recorded by what iterations do, not by dropped ones', () => {
  const recorder = new Recorder({ series: ['a'], open: true, start: 0, duration: 30_000 })
  const [lane] = [recorder.lane(0, 0)]
  lane.scheduled(0)
  for (let at = 100; at < 15_000; at += 100) {
    lane.scheduled(at)
    lane.dropped(at)
  }
  lane.ok({ planned: 0, sent: 0 }, 15_000)
  recorder.stop(30_000)
  expect(recorder.finish(30_000).standstills).toEqual([{ from: 0, until: 15_000 }])
})
