// Numbers that cannot be judged.
import { setTimeout } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { load } from 'vitest-load'

const few = { vus: 1, iterations: 3 }
const pause = () => setTimeout(20)

it('cannot be judged', async () => {
  const run = await load(pause, few)
  expect(run).toHaveP99Below('10s')
})

it('cannot be judged, and is wrong besides', async () => {
  const run = await load(pause, few)
  expect(run).toHaveP99Below('10s')
  expect(run.iterations.ok).toBe(-1)
})
