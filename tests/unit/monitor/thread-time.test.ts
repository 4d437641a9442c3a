// What is known of how long this thread has run.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { openThreadTime } from '../../../src/monitor/thread-time.ts'

it.each<[string, string | undefined]>([
  ['what the system tells of each thread', undefined],
  ['CPU time, where it tells nothing', '/nowhere/schedstat'],
])('goes on while the thread works, and rests with it: %s', async (_, path) => {
  const time = openThreadTime(path)
  const start = time.read()
  const end = performance.now() + 300
  while (performance.now() < end);
  const worked = time.read()
  const rested = performance.now()
  await sleep(500)
  const after = time.read()
  time.close()
  expect(worked - start).toBeGreaterThan(30)
  expect(worked - start).toBeLessThan(rested - end + 320)
  expect(after - worked).toBeLessThan((performance.now() - rested) / 2)
})
