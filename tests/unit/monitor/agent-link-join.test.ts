// Several processes that serve one port give one reading: sums of what they hold, the worst of what they make wait.
import { describe, expect, it } from 'vitest'
import type { Reading, ReadingValues } from '../../../src/agent/message.ts'
import { createReadingJoin } from '../../../src/monitor/agent-link-join.ts'

const still: ReadingValues = {
  ...{ heapUsed: 10, heapTotal: 20, external: 5, handles: 2 },
  ...{ loopDelay: 1, longestBlock: 2, loopBusy: 0.1, gcTime: 0.01, gcPause: 0.5 },
}

function reading(at: number, values: Partial<ReadingValues> = {}, handleTypes = { TCPServerWrap: 1 }): Reading {
  return { at, values: { ...still, ...values }, handleTypes }
}

describe('one process', () => {
  it('is told as it is', () => {
    const join = createReadingJoin()
    join.enter(1)
    expect(join.add(1, reading(1000))).toEqual(reading(1000))
    expect(join.add(1, reading(2000, { loopDelay: 9 }))).toEqual(reading(2000, { loopDelay: 9 }))
    expect(join.rest()).toBeUndefined()
  })

  it('that was never entered is not heard', () => {
    const join = createReadingJoin()
    expect(join.add(1, reading(1000))).toBeUndefined()
    expect(join.rest()).toBeUndefined()
  })

  it('has its last reading kept for the end', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.keep(1, reading(1500))
    expect(join.rest()).toEqual(reading(1500))
    expect(join.rest()).toBeUndefined()
  })
})

describe('several processes', () => {
  it('are summed in what they hold, and as slow as the slowest', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.enter(2)
    expect(join.add(2, reading(900, { heapUsed: 100, longestBlock: 300, loopBusy: 0.2 }))).toBeUndefined()
    expect(join.add(1, reading(1000, { loopBusy: 0.7 }))).toEqual({
      at: 1000,
      values: { ...still, heapUsed: 110, heapTotal: 40, external: 10, handles: 4, longestBlock: 300, loopBusy: 0.7 },
      handleTypes: { TCPServerWrap: 2 },
    })
  })

  it('lose no block of one that answers more often than the first', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.enter(2)
    join.add(2, reading(500, { longestBlock: 70 }))
    join.add(2, reading(900, { longestBlock: 3 }))
    expect(join.add(1, reading(1000))?.values.longestBlock).toBe(70)
    join.add(2, reading(1500))
    expect(join.add(1, reading(2000))?.values.longestBlock).toBe(2)
  })

  it('count what one of them holds that is held up, and then for how long', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.enter(2)
    join.add(2, reading(900, { heapUsed: 100 }))
    for (const at of [1000, 2000, 3000]) expect(join.add(1, reading(at))?.values.heapUsed).toBe(110)
    join.add(2, reading(3900, { heapUsed: 120, longestBlock: 2500 }))
    expect(join.add(1, reading(4000))?.values).toMatchObject({ heapUsed: 130, longestBlock: 2500 })
  })

  it('do not wait for ever for one that says nothing', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.enter(2)
    expect(join.add(1, reading(1000, { longestBlock: 50 }))).toBeUndefined()
    expect(join.add(1, reading(2000))).toBeUndefined()
    expect(join.add(1, reading(3000))).toMatchObject({ at: 3000, values: { heapUsed: 10, longestBlock: 50 } })
  })

  it('go on in the time of the next when the first leaves, without what it held but with how long it blocked', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.enter(2)
    join.add(2, reading(900))
    join.add(1, reading(1000))
    join.keep(1, reading(1500, { longestBlock: 400 }))
    join.leave(1)
    expect(join.add(2, reading(1900))).toEqual(reading(1900, { longestBlock: 400 }))
    expect(join.add(1, reading(2000))).toBeUndefined()
  })

  it('never tell a time twice, or an earlier one', () => {
    const join = createReadingJoin()
    join.enter(1)
    join.enter(2)
    join.add(2, reading(1100))
    expect(join.add(1, reading(1000))?.at).toBe(1100)
    join.leave(1)
    expect(join.add(2, reading(1100))).toBeUndefined()
    expect(join.add(2, reading(2100))?.at).toBe(2100)
  })
})
