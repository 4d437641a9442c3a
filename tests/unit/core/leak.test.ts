// What may be asked about leaks.
import { expect, it } from 'vitest'
import { type LeakOptions, planLeaks } from '../../../src/core/leak.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { Problems } from '../../../src/core/problems.ts'
import { defaultSettings } from '../../../src/core/settings.ts'

const url = 'http://127.0.0.1:3000/'

function plan(given: unknown) {
  const problems = new Problems('load()')
  const planned = planLeaks(given as LeakOptions, { duration: 20_000, problems })
  problems.throwIfAny()
  return planned
}

it('is nothing, or has defaults', () => {
  expect(plan(undefined)).toBeUndefined()
  expect(plan(true)).toEqual({ duration: 20_000, extension: 40_000, snapshots: true, longest: 120_000 })
  expect(plan({ minGrowth: '5MB', extension: '1m', snapshots: false })).toEqual({
    ...{ duration: 20_000, extension: 60_000, snapshots: false, longest: 140_000 },
    minGrowth: 5e6,
  })
  expect(plan({ minGrowth: 0.05, extension: 0 })).toMatchObject({ minGrowth: 0.05, extension: 0 })
})

it.each([
  ['yes', "leaks: expected true or an object such as { minGrowth: '5MB', extension: '1m' }, got 'yes'"],
  [{ minGrow: 1 }, 'leaks.minGrow: unknown; did you mean minGrowth?'],
  [{ minGrowth: 0 }, "leaks.minGrowth: expected a share such as 0.05 or a size such as '5MB', got 0"],
  [{ extension: 'long' }, "leaks.extension: expected a time such as '1m', or 0, got 'long'"],
  [{ snapshots: 3 }, 'leaks.snapshots: expected true or false, got 3'],
])('%j is a mistake', (given, text) => {
  expect(() => plan(given)).toThrow(text)
})

it('lasts longer than was asked for, and needs a load that stays the same', () => {
  const { duration, asked, leaks } = planLoad(url, { rate: 10, duration: '20s', leaks: true }, defaultSettings)
  expect([duration, asked.duration, leaks?.duration]).toEqual([120_000, 20_000, 20_000])
  expect(planLoad(url, { rate: 10, duration: '20s', leaks: true }, defaultSettings).warmup).toBe(2000)
  const wrong = (options: object) => () => planLoad(url, { leaks: true, ...options }, defaultSettings)
  expect(wrong({ vus: 2, iterations: 10 })).toThrow('leaks: need a load that lasts')
  expect(wrong({ stages: [{ vus: 2, duration: '20s' }] })).toThrow('leaks: need a load that stays the same')
  expect(planLoad(url, {}, defaultSettings)).toMatchObject({
    leaks: undefined,
    profile: 'on-failure',
    allocations: 'off',
  })
  expect(() => planLoad(url, { profile: 'sometimes' as 'off' }, defaultSettings)).toThrow(
    "profile: expected 'always', 'on-failure' or 'off', got 'sometimes'",
  )
  expect(() => planLoad(url, { allocations: true as never }, defaultSettings)).toThrow(
    "allocations: expected 'always', 'on-failure' or 'off', got true",
  )
})
