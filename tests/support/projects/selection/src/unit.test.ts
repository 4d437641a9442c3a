// Runs where Vitest's default include holds.
import { expect, it } from 'vitest'

it('is a unit test', () => {
  expect('toHaveP95Below' in expect(1)).toBe(false)
})
