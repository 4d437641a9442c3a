// A plan of a day costs what one of ten minutes costs: nothing is made per second of it.
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import { carryOut } from '../../support/long-plan.ts'
import { memoryInUse } from '../../support/memory-in-use.ts'

const loads: [name: string, load: (duration: number) => LoadOptions][] = [
  ['rate', (duration) => ({ rate: 10, duration })],
  ['stages at random', (duration) => ({ stages: [{ rate: 20, duration }], arrivals: 'poisson' })],
]
const tenMinutes = 600_000
const day = 144 * tenMinutes

describe('a plan of a day', { timeout: 60_000 }, () => {
  it.each(loads)('is carried out in the same memory, to the last of its iterations: %s', async (_, load) => {
    const short = await most(async () => (await carryOut(load(tenMinutes), 1000)).bytes)
    const long = await carryOut(load(day), 1000)
    const { iterations } = long.recording.lanes[0] as (typeof long.recording.lanes)[number]
    expect(iterations).toMatchObject({ scheduled: 864_000, ok: 864_000, dropped: 0 })
    expect(long.recording.timeline.rows.length).toBeLessThanOrEqual(600)
    // Two bytes an iteration would be more.
    expect(long.bytes - short).toBeLessThan(1.5e6)
  })

  it.each(loads)('is planned in the same memory: %s', async (_, load) => {
    const bytesOf = async (duration: number) => {
      const before = await memoryInUse()
      const plans = Array.from({ length: 500 }, () => planLoad(() => {}, load(duration), defaultSettings))
      const after = await memoryInUse()
      return (after.heapBytes - before.heapBytes) / plans.length
    }
    const short = await most(() => bytesOf(tenMinutes))
    const long = await bytesOf(day)
    expect(long - short).toBeLessThan(1000)
  })
})

/** Of three, after one that warms up: when V8 lets go of code long unused, less is measured than there was. */
async function most(measure: () => Promise<number>): Promise<number> {
  const sizes: number[] = []
  for (let round = 0; round < 4; round++) sizes.push(await measure())
  return Math.max(...sizes.slice(1))
}
