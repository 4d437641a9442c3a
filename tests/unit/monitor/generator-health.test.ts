// What is said of the generator when its own memory cannot be read.
import { performance } from 'node:perf_hooks'
import { expect, it, vi } from 'vitest'
import { watchGenerator } from '../../../src/monitor/generator-health.ts'

it('takes no sample, and does not throw, while file descriptors are used up', () => {
  const rss = vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
    throw Object.assign(new Error('uv_resident_set_memory'), { code: 'EMFILE' })
  })
  const watch = watchGenerator(performance.now())
  watch.begin()
  const health = watch.finish()
  expect(rss).toHaveBeenCalled()
  expect(health.series).toEqual({})
  rss.mockRestore()
})

it('takes one at the end otherwise', () => {
  const watch = watchGenerator(performance.now())
  watch.begin()
  expect(watch.finish().series.memory?.values).toEqual([expect.any(Number)])
})

it('tells the same again when it is asked again, and of no suspension when there was none', () => {
  const watch = watchGenerator(performance.now())
  const health = watch.finish()
  expect(health.suspensions).toEqual({ count: 0, total: 0, first: 0 })
  expect(watch.finish()).toEqual(health)
})
