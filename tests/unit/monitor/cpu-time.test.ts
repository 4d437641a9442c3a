// What a process tree spent between two readings: nothing twice, and nothing lost.
import { describe, expect, it } from 'vitest'
import {
  type Counter,
  nothingOwed,
  type Reading,
  readingAfter,
  type TreeReading,
} from '../../../src/monitor/cpu-time.ts'

const parent = 1
const child = 2

const reading = (ctime: number, elapsed: number, reaped = 0): Reading => ({ ctime, elapsed, reaped, memory: 1 })

/** Bytes written so far, by itself and by what it waited for. */
const writer = (diskWrite: number | undefined, elapsed: number): Reading => ({ ...reading(0, elapsed), diskWrite })

const tree = (at: number, processes: Record<number, Reading>): TreeReading => ({
  at,
  processes: new Map(Object.entries(processes).map(([pid, reading]) => [Number(pid), reading])),
  owed: nothingOwed,
})

/** What was spent in each round, a second long. */
function spent(...rounds: Record<number, Reading>[]): number[] {
  return spentOf('cpu', rounds)
}

function written(...rounds: Record<number, Reading>[]): number[] {
  return spentOf('diskWrite', rounds)
}

function spentOf(counter: Counter, rounds: Record<number, Reading>[]): number[] {
  let before = tree(0, rounds[0] as Record<number, Reading>)
  return rounds.slice(1).map((processes, index) => {
    const after = readingAfter(before, tree(1000 * (index + 1), processes))
    before = after.tree
    return after.spent[counter]
  })
}

it('is what was spent since the reading before', () => {
  expect(spent({ [parent]: reading(100, 5000) }, { [parent]: reading(600, 6000) })).toEqual([500])
})

it('counts from birth for a process born in between', () => {
  expect(spent({}, { [parent]: reading(300, 700) })).toEqual([300])
})

it('counts from birth for another process with the same pid', () => {
  expect(spent({ [parent]: reading(9000, 50_000) }, { [parent]: reading(300, 700) })).toEqual([300])
})

it('knows another process with the same pid by its start, as old as it may be', () => {
  const before = { ...reading(200, 700), startTime: 11 }
  const now = { ...reading(300, 800), startTime: 12 }
  expect(spent({ [parent]: before }, { [parent]: now })).toEqual([300])
  expect(spent({ [parent]: before }, { [parent]: { ...now, startTime: 11 } })).toEqual([100])
})

it('counts nothing for an older process at first sight', () => {
  expect(spent({}, { [parent]: reading(9000, 50_000, 700) })).toEqual([0])
})

it('counts children that began and ended in between', () => {
  expect(spent({ [parent]: reading(0, 5000, 70) }, { [parent]: reading(10, 6000, 970) })).toEqual([910])
})

it('counts only the rest of a child that was counted before', () => {
  const before = { [parent]: reading(0, 5000), [child]: reading(8000, 4000, 1000) }
  expect(spent(before, { [parent]: reading(0, 6000, 9300) })).toEqual([300])
})

it('counts a child once that its parent takes over a round later', () => {
  const before = { [parent]: reading(0, 5000), [child]: reading(8000, 4000) }
  expect(spent(before, { [parent]: reading(0, 6000) }, { [parent]: reading(0, 7000, 8300) })).toEqual([0, 300])
})

it('does not wait for ever for a child that nobody takes over', () => {
  const before = { [parent]: reading(0, 5000), [child]: reading(8000, 4000) }
  const rounds = [1, 2, 3].map((round) => ({ [parent]: reading(0, 5000 + 1000 * round, 400 * round) }))
  expect(spent(before, ...rounds)).toEqual([0, 0, 400])
})

describe('bytes, of which a parent has one number for its own and for those of its children that ended', () => {
  it('are what was written since the reading before', () => {
    expect(written({ [parent]: writer(100, 5000) }, { [parent]: writer(600, 6000) })).toEqual([500])
  })

  it('of a child that ended are counted once', () => {
    const before = { [parent]: writer(50, 5000), [child]: writer(8000, 4000) }
    expect(written(before, { [parent]: writer(50 + 8300 + 7, 6000) })).toEqual([307])
  })

  it('of a child that is taken over a round later are counted once', () => {
    const before = { [parent]: writer(0, 5000), [child]: writer(8000, 4000) }
    const rounds = [{ [parent]: writer(40, 6000) }, { [parent]: writer(40 + 8300 + 5, 7000) }]
    const counted = written(before, ...rounds)
    expect((counted[0] as number) + (counted[1] as number)).toBe(345)
  })

  it('of children that came and went in between are the growth of their parent', () => {
    expect(written({ [parent]: writer(70, 5000) }, { [parent]: writer(970, 6000) })).toEqual([900])
  })

  it('are not all new when they can be read for the first time', () => {
    expect(written({ [parent]: writer(undefined, 5000) }, { [parent]: writer(9000, 6000) })).toEqual([0])
  })
})
