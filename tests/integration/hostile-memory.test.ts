// What a hostile server costs in memory: nothing that grows, neither with bodies of 10 MB nor with thousands of failures.
import { clearInterval, setInterval } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { type HowMuch, type Meeting, meetHostile } from '../support/hostile-servers/meet-hostile.ts'

const bytes = 10_000_000

const amounts: readonly [HowMuch, (count: number) => LoadOptions][] = [
  ['rate', (count) => ({ rate: 40, duration: count * 25, gracefulStop: '30s' })],
  ['vus', (iterations) => ({ vus: 4, duration: undefined, iterations })],
  ['connections', (amount) => ({ connections: 4, duration: undefined, amount })],
]

interface Measured {
  readonly meeting: Meeting
  /** The most of this thread's heap and buffers. */
  readonly own: number
  /** The most of the process, with the server in it. */
  readonly all: number
}

async function measured(run: () => Promise<Meeting>): Promise<Measured> {
  let own = 0
  let all = 0
  const sampling = setInterval(() => {
    const { heapUsed, external, rss } = process.memoryUsage()
    own = Math.max(own, heapUsed + external)
    all = Math.max(all, rss)
  }, 5)
  const meeting = await run().finally(() => clearInterval(sampling))
  return { meeting, own, all }
}

it.each(amounts)('50 bodies of 10 MB take what 5 of them do (%s)', async (howMuch, optionsOf) => {
  const meet = (count: number) =>
    measured(() => meetHostile({ name: 'large-body', howMuch, options: optionsOf(count) }))
  const few = await meet(5)
  const many = await meet(50)
  for (const [count, { meeting }] of [
    [5, few],
    [50, many],
  ] as const) {
    expect(meeting.iterations).toMatchObject({ scheduled: count, ok: count })
    expect(meeting.log).toMatchObject({ requests: count, answered: count })
    expect(meeting.balanced).toBe(true)
  }
  // Kept, they would be 45 bodies more; what is not collected yet may be a few.
  expect(many.own - few.own).toBeLessThan(15 * bytes)
  expect(many.all - few.all).toBeLessThan(15 * bytes)
})

it('thousands of failures leave nothing behind', async () => {
  const collect = garbageCollector()
  const heapNow = () => {
    collect()
    return process.memoryUsage().heapUsed
  }
  const much: Readonly<Record<HowMuch, LoadOptions>> = {
    rate: { rate: 1000, maxVUs: 200, duration: 1600 },
    vus: { vus: 20, duration: 1600 },
    connections: { connections: 20, duration: 1600 },
  }
  // Everything has been loaded and has run for a while.
  const early = sleep(600).then(heapNow)
  const meetings = await Promise.all(
    (['resets', 'hangs'] as const).flatMap((name) =>
      Object.entries(much).map(([howMuch, options]) =>
        meetHostile({ name, howMuch: howMuch as HowMuch, options: { ...options, timeout: 50, gracefulStop: 200 } }),
      ),
    ),
  )
  const failures = meetings.reduce((sum, { iterations }) => sum + iterations.failed + iterations.timedOut, 0)
  expect(failures).toBeGreaterThan(500)
  // The connection of each, kept, would be ten times that.
  expect(heapNow() - (await early)).toBeLessThan(1e6)
})

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
