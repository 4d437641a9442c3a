// Doubles, stays within half and whole, and ends somewhere.
import { describe, expect, it } from 'vitest'
import { backoff } from '../src/backoff.ts'

describe('backoff', () => {
  it.each([
    [1, 500, 0, 250],
    [1, 500, 1, 500],
    [2, 500, 0, 500],
    [2, 500, 0.5, 750],
    [3, 500, 1, 2_000],
    [5, 10, 1, 160],
    [100, 500, 1, 600_000],
    [2_000, 500, 0, 300_000],
  ])('attempt %i of first %i with chance %d: %i ms', (attempt, first, chance, expected) => {
    expect(backoff(attempt, first, chance)).toBe(expected)
  })
})
