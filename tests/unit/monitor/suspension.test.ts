// When a gap between two looks at the clocks is a suspension, and which suspensions belong to a run.
import { describe, expect, it } from 'vitest'
import { type Instant, suspendedBetween, watchSuspensions } from '../../../src/monitor/suspension.ts'

const before: Instant = { at: 5000, busy: 800, uptime: 900_000 }
const after = ({ at, busy = 0, uptime = at }: Partial<Instant> & { at: number }): Instant => ({
  at: before.at + at,
  busy: before.busy + busy,
  uptime: before.uptime + uptime,
})

describe('suspendedBetween()', () => {
  it.each<[string, Parameters<typeof after>[0], number]>([
    ['a look in time', { at: 100, busy: 20 }, 0],
    ['a late look', { at: 1100 }, 0],
    ['a thread that was stopped, and the monotonic clock was not', { at: 12_100 }, 12_000],
    ['the same with a burst of work at the end of it', { at: 12_100, busy: 600 }, 11_400],
    ['a thread that worked all the time', { at: 2100, busy: 2090 }, 0],
    ['a thread that worked half of the time', { at: 2100, busy: 1050 }, 0],
    ['a monotonic clock that stood still while the machine slept', { at: 100, busy: 5, uptime: 3_600_100 }, 3_600_000],
    ['uptime in whole seconds that passes one', { at: 100, uptime: 1000 }, 0],
    ['uptime in whole seconds that passes none', { at: 950, busy: 900, uptime: 0 }, 0],
    ['uptime that went back', { at: 100, uptime: -3_600_000 }, 0],
  ])('%s', (_, gap, suspended) => {
    expect(suspendedBetween(before, after(gap))).toBe(suspended)
  })
})

describe('watchSuspensions()', () => {
  const at = (time: number): Instant => ({ at: time, busy: 0, uptime: time })

  /** The clocks as they are read one after the other; the last reading is that at the end. */
  const watch = async (measuredStart: number, times: readonly number[]) => {
    const left = [...times]
    const more = Promise.withResolvers<void>()
    const read = () => {
      if (left.length <= 2) more.resolve()
      return at(left.shift() ?? Number.NaN)
    }
    const watching = watchSuspensions(measuredStart, { read, close: () => {} })
    if (times.length > 2) await more.promise
    return watching.finish()
  }

  it('has none to tell of when there was none', async () => {
    expect(await watch(0, [0, 100, 200])).toEqual({ count: 0, total: 0, first: 0 })
  })

  it('adds them up and knows when the first began', async () => {
    expect(await watch(1000, [3000, 5000, 5100, 8200])).toEqual({ count: 2, total: 4900, first: 2000 })
  })

  it('finds one that nobody but the end of the run noticed', async () => {
    expect(await watch(0, [0, 2000])).toEqual({ count: 1, total: 1900, first: 0 })
  })

  it('leaves out one that was over before the measured start, and counts one that was not', async () => {
    expect(await watch(6000, [0, 5000, 5100])).toMatchObject({ count: 0 })
    expect(await watch(6000, [0, 7000, 7100])).toEqual({ count: 1, total: 6900, first: 0 })
  })
})
