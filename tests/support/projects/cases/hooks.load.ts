// Load in a hook that is cut off by its time limit, and a test that must not be disturbed by it.
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { load } from 'vitest-load'

let iterations = 0
const count = async () => {
  iterations++
  await setTimeout(5)
}

describe('cut off', () => {
  beforeAll(async () => {
    await load(count, { vus: 1, duration: '60s' })
  }, 500)

  it('is skipped', () => {})
})

it('is undisturbed', async () => {
  const before = iterations
  await setTimeout(100)
  expect(before).toBeGreaterThan(0)
  expect(iterations).toBe(before)
})
