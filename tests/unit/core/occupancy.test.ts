// What the users of a closed run did with their time, and what Little's law says to it.
import { describe, expect, it } from 'vitest'
import { addOccupancy, Occupancy, unaccounted } from '../../../src/core/occupancy.ts'

describe('occupancy', () => {
  it('counts what lies in the measured time', () => {
    const occupancy = new Occupancy(100, 200)
    occupancy.duty(50, 250)
    occupancy.busy(90, 110)
    occupancy.busy(190, 230)
    occupancy.busy(20, 60)
    occupancy.busy(205, 260)
    occupancy.rest(110, 120)
    expect(occupancy.toData()).toEqual({ duty: 100, busy: 20, rest: 10 })
  })

  it('ends with the run when that ends early, and not later when it is stopped late', () => {
    const early = new Occupancy(0, 1000)
    early.busy(0, 400)
    early.stop(500)
    early.busy(400, 900)
    const late = new Occupancy(0, 1000)
    late.busy(0, 1600)
    late.stop(1600)
    late.busy(900, 1600)
    expect([early.toData().busy, late.toData().busy]).toEqual([500, 1100])
  })

  it('of several threads adds up', () => {
    const parts = [
      { duty: 10, busy: 5, rest: 1 },
      { duty: 20, busy: 6, rest: 2 },
    ]
    expect(addOccupancy(parts)).toEqual({ duty: 30, busy: 11, rest: 3 })
  })

  it('is accounted for by iterations and pauses', () => {
    expect(unaccounted({ duty: 100, busy: 60, rest: 40 })).toBe(0)
    expect(unaccounted({ duty: 100, busy: 60, rest: 15 })).toBe(0.25)
    expect(unaccounted({ duty: 100, busy: 110, rest: 0 })).toBeCloseTo(-0.1)
    expect(unaccounted({ duty: 0, busy: 0, rest: 0 })).toBeNaN()
  })
})
