// How busy a main thread was in each second, by its profile.
import { expect, it } from 'vitest'
import { busyBySecond, moments } from '../../../src/analysis/cpu-profile.ts'
import { during, idle, writtenProfile } from '../../support/profiled/written-profile.ts'

const work = (ms: number) => during(ms, 'handler src/server.ts:9')

it('is the share of each second that was not idle', () => {
  const { at, values } = busyBySecond(moments(writtenProfile([idle(750), work(250), work(500), idle(500), idle(600)])))
  expect(at).toEqual([1000, 2000, 2600])
  expect(values.map((share) => Number(share.toFixed(3)))).toEqual([0.25, 0.5, 0])
})

it('begins where the window does, and leaves out a short rest', () => {
  const profile = writtenProfile([work(1000), idle(1000), work(400)])
  const { at, values } = busyBySecond(moments(profile, { window: { start: 1000, end: 5000 } }))
  expect(at).toEqual([1000])
  expect(values).toEqual([0])
})
