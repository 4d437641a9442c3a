// The arithmetic of the ledger.
import { expect, it } from 'vitest'
import { addIterations, errorRate, isBalanced, noIterations } from '../../../src/core/iterations.ts'

const some = { scheduled: 15, ok: 1, failed: 2, timedOut: 3, unfinished: 4, dropped: 5 }

it('adds up', () => {
  expect(addIterations([])).toEqual(noIterations)
  expect(addIterations([some])).toEqual(some)
  expect(addIterations([some, some, noIterations])).toEqual({
    scheduled: 30,
    ok: 2,
    failed: 4,
    timedOut: 6,
    unfinished: 8,
    dropped: 10,
  })
})

it('is balanced when every scheduled iteration has an end', () => {
  expect(isBalanced(noIterations)).toBe(true)
  expect(isBalanced(some)).toBe(true)
  for (const key of Object.keys(some) as (keyof typeof some)[]) {
    expect(isBalanced({ ...some, [key]: some[key] + 1 }), key).toBe(false)
  }
})

it('knows an error rate only of what ended', () => {
  expect(errorRate(some)).toBe(5 / 6)
  expect(errorRate({ ...noIterations, scheduled: 10, ok: 10 })).toBe(0)
  expect(errorRate({ ...noIterations, scheduled: 9, unfinished: 4, dropped: 5 })).toBeNaN()
})
