// CPU time between two steps of the kernel's clock: closer to the truth than the steps, and never beyond it.
import { expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { type FineTime, fineTime } from '../../../src/monitor/proc-cpu-time.ts'

const seconds = 200

interface Work {
  /** ms of each second, by the seed. */
  readonly user: (random: number) => number
  readonly system: (random: number) => number
  /** Share of all of it that is done in threads which run on; the others end before they are read. */
  readonly seenShare: number
}

/** How far the growth of each second is off: in steps, and refined. */
function deviations({ user, system, seenShare }: Work) {
  const random = seededRandom(7)
  const truth = { user: 1234.5, system: 345.6 }
  let fine: FineTime | undefined
  const rows = Array.from({ length: seconds }, () => {
    truth.user += user(random())
    truth.system += system(random())
    const all = truth.user + truth.system
    const told = 10 * Math.floor(truth.user / 10) + 10 * Math.floor(truth.system / 10)
    fine = fineTime(
      fine,
      told,
      new Map([
        ['1', seenShare * 0.8 * all],
        ['2', seenShare * 0.2 * all],
      ]),
    )
    return { all, told, fine: fine.all }
  })
  const off = (part: 'told' | 'fine') =>
    rows.slice(1).map((row, index) => {
      const before = rows[index] as typeof row
      return Math.abs(row[part] - before[part] - (row.all - before.all))
    })
  return { rows, told: off('told'), fine: off('fine') }
}

const busy = { user: (random: number) => 100 + 200 * random, system: (random: number) => 40 * random }

it('is nearly exact for a process whose threads run on', () => {
  const { told, fine } = deviations({ ...busy, seenShare: 1 })
  expect(Math.max(...told)).toBeGreaterThan(10)
  // It starts where the steps are, and cannot know how far above them the truth was: less than two steps in all.
  expect(fine.reduce((sum, off) => sum + off, 0)).toBeLessThan(20)
  expect(Math.max(...fine.slice(seconds / 2))).toBeLessThan(2)
})

it.each([0, 0.3, 0.9, 1])(
  'never says more than there was, nor less than is told, with %d of it in threads that run on',
  (seenShare) => {
    for (const { all, told, fine } of deviations({ ...busy, seenShare }).rows) {
      expect(fine).toBeLessThanOrEqual(all + 1e-6)
      expect(fine).toBeGreaterThanOrEqual(told)
    }
  },
)

it('is what is told in steps where all threads end', () => {
  const { rows } = deviations({ ...busy, seenShare: 0 })
  expect(rows.map(({ fine }) => fine)).toEqual(rows.map(({ told }) => told))
})

it('has all that a thread had which is new', () => {
  const before = fineTime(undefined, 100, new Map([['1', 90]]))
  expect(
    fineTime(
      before,
      100,
      new Map([
        ['1', 92],
        ['2', 7],
      ]),
    ).all,
  ).toBe(109)
})
