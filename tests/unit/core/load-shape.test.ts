// Shapes of load as stages that load() takes as they are.
import { describe, expect, it } from 'vitest'
import { ramp, type ShapeLevel, type ShapeLevels, soak, spike, steps } from '../../../src/core/load-shape.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import type { Stage } from '../../../src/core/stage.ts'

/** As they come out of a plan. */
function planned(stages: readonly Stage[]) {
  const plan = planLoad('http://127.0.0.1:3000/', { stages }, defaultSettings)
  return plan.stages.map(({ name, start, end, from, to }) => [name, start, end, from, to])
}

describe('a shape', () => {
  it('ramps from level to level', () => {
    expect(planned(ramp({ vus: [10, 25, 50, 10], each: '20s' }))).toEqual([
      ['10 to 25 VUs', 0, 20_000, 10, 25],
      ['25 to 50 VUs', 20_000, 40_000, 25, 50],
      ['50 to 10 VUs', 40_000, 60_000, 50, 10],
    ])
    expect(planned(ramp({ rate: [0, 12.5, 12.5], each: 1000 })).map(([name]) => name)).toEqual([
      '0 to 12.5/s',
      '12.5/s',
    ])
  })

  it('steps, and tells a level that comes back from its first time', () => {
    expect(planned(steps({ rate: [1, 1000, 1], each: '1m' }))).toEqual([
      ['1/s', 0, 60_000, 1, 1],
      ['1,000/s', 60_000, 120_000, 1000, 1000],
      ['1/s (2)', 120_000, 180_000, 1, 1],
    ])
  })

  it('spikes from a base and back', () => {
    expect(planned(spike({ vus: 100, base: 10, duration: '5s', around: '10s' }))).toEqual([
      ['before', 0, 10_000, 10, 10],
      ['spike', 10_000, 15_000, 100, 100],
      ['after', 15_000, 25_000, 10, 10],
    ])
    expect(planned(spike({ rate: 500, duration: '10s' }))).toEqual([
      ['before', 0, 10_000, 0, 0],
      ['spike', 10_000, 20_000, 500, 500],
      ['after', 20_000, 30_000, 0, 0],
    ])
  })

  it('soaks after a rise of 10 %, at most a minute', () => {
    expect(planned(soak({ vus: 50, duration: '2h' }))).toEqual([
      ['rise', 0, 60_000, 0, 50],
      ['soak', 60_000, 7_260_000, 50, 50],
    ])
    expect(planned(soak({ rate: 5, duration: '10s' }))[0]).toEqual(['rise', 0, 1000, 0, 5])
    expect(planned(soak({ rate: 5, duration: '10s', rise: '3s' }))[0]).toEqual(['rise', 0, 3000, 0, 5])
  })

  it('joins others', () => {
    const stages = [...soak({ vus: 5, duration: '10s' }), ...spike({ vus: 50, base: 5, duration: '1s' })]
    expect(planned(stages).map(([name]) => name)).toEqual(['rise', 'soak', 'before', 'spike', 'after'])
  })

  it.each<[string, () => unknown, string]>([
    [
      'no level',
      () => ramp({ each: '1s' } as ShapeLevels & { each: string }),
      'vus: expected a list of two levels or more, got undefined',
    ],
    ['one level to ramp', () => ramp({ vus: [5], each: '1s' }), 'vus: expected a list of two levels or more, got [5]'],
    ['both units', () => steps({ vus: [1], rate: [1], each: '1s' }), 'vus, rate: give one of them'],
    ['half a user', () => spike({ vus: 1.5, duration: '1s' }), 'vus: expected whole numbers, 0 or more, got 1.5'],
    [
      'half a user below',
      () => spike({ vus: 2, base: 0.5, duration: '1s' }),
      'vus: expected whole numbers, 0 or more, got 0.5',
    ],
    ['a rate below 0', () => soak({ rate: -1, duration: '1s' }), 'rate: expected numbers, 0 or more, got -1'],
    ['no time', () => steps({ vus: [1], each: 0 }), "each: expected a time above 0 such as 10000 or '10s', got 0"],
    [
      'no duration',
      () => soak({ vus: 1 } as ShapeLevel & { duration: string }),
      "duration: expected a time above 0 such as 10000 or '10s', got undefined",
    ],
    [
      'an unknown option',
      () => spike({ vus: 1, duration: '1s', peak: 3 } as never),
      'peak: unknown option; there are vus, rate, base, duration, around',
    ],
  ])('with %s says so', (_, make, text) => {
    expect(make).toThrow(text)
  })
})
