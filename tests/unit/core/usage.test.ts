// What was read of a server at different times, and what of it belongs to a run.
import { expect, it } from 'vitest'
import { Series } from '../../../src/core/series.ts'
import { joinOf, UsageRecorder } from '../../../src/core/usage.ts'

it('keeps what was read later than the start, from there on', () => {
  const usage = new UsageRecorder()
  usage.add(1000, { cpu: 10, memory: 1e6 })
  usage.add(2000, { cpu: 20, memory: 2e6 })
  usage.add(2500, { heapUsed: 5e5 })
  usage.add(3000, { cpu: 30, memory: 3e6 })
  expect(usage.within(1000, 2600)).toEqual({
    cpu: { unit: 'percent', at: [1000], values: [20] },
    memory: { unit: 'bytes', at: [1000], values: [2e6] },
    heapUsed: { unit: 'bytes', at: [1500], values: [5e5] },
  })
  expect(usage.newest('cpu')).toBe(30)
})

it('knows nothing of what was never read', () => {
  const usage = new UsageRecorder()
  expect(usage.within(0, 1000)).toEqual({})
  expect(usage.newest('memory')).toBeUndefined()
})

it('keeps a block that began before the end and was told of after it', () => {
  const usage = new UsageRecorder()
  usage.add(1000, { longestBlock: 5, cpu: 10 })
  usage.add(6000, { longestBlock: 4500, cpu: 90 })
  usage.add(7000, { longestBlock: 20 })
  expect(usage.within(0, 2000)).toEqual({
    longestBlock: { unit: 'ms', at: [1000, 2000], values: [5, 4500] },
    cpu: { unit: 'percent', at: [1000], values: [10] },
  })
})

it('keeps 600 samples of a day', () => {
  const usage = new UsageRecorder()
  for (let second = 1; second <= 86_400; second++) usage.add(second * 1000, { cpu: second % 2, memory: second })
  const { cpu, memory } = usage.within(0, 86_400_000)
  expect(cpu?.at.length).toBeLessThanOrEqual(600)
  expect(cpu?.values.slice(0, 5)).toEqual([0.5, 0.5, 0.5, 0.5, 0.5])
  expect(memory?.peaks?.[0]).toBe((memory?.at[0] as number) / 1000)
})

it('joins a number of the user by its peak', () => {
  expect([joinOf('queueDepth'), joinOf('cpu'), joinOf('memory')]).toEqual(['max', 'mean', 'max'])
})

it('keeps means and peaks of a long run, of rates and of levels', () => {
  const recorder = new UsageRecorder()
  for (let second = 1; second <= 3600; second++) {
    recorder.add(second * 1000, { cpu: second === 1801 ? 100 : 50, memory: second % 2 ? 100 : 300 })
  }
  const { cpu, memory } = recorder.within(0, 3_600_000)
  const read = (data: typeof cpu) => data && [new Series(data).max, new Series(data).mean, data.at.length <= 600]
  expect(read(cpu)).toEqual([100, expect.closeTo(50, 0), true])
  expect(read(memory)).toEqual([300, expect.closeTo(200, 0), true])
})
