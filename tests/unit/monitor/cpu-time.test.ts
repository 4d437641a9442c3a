// What a process tree spent between two readings: nothing twice, and nothing lost.
import { expect, it } from 'vitest'
import { type Reading, readingAfter, type TreeReading } from '../../../src/monitor/cpu-time.ts'

const parent = 1
const child = 2

const reading = (ctime: number, elapsed: number, reaped = 0): Reading => ({ ctime, elapsed, reaped, memory: 1 })

const tree = (at: number, processes: Record<number, Reading>, owed = 0): TreeReading => ({
  at,
  processes: new Map(Object.entries(processes).map(([pid, reading]) => [Number(pid), reading])),
  owed,
})

/** What was spent in each round, a second long. */
function spent(...rounds: Record<number, Reading>[]): number[] {
  let before = tree(0, rounds[0] as Record<number, Reading>)
  return rounds.slice(1).map((processes, index) => {
    const after = readingAfter(before, tree(1000 * (index + 1), processes))
    before = after.tree
    return after.spent
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
