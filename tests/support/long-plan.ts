// Carries out an open plan of any length in virtual time, against work that takes 5 ms and keeps nothing.
import { performance } from 'node:perf_hooks'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { planLoad, seriesOf } from '../../src/core/plan.ts'
import { Recorder } from '../../src/core/recorder.ts'
import type { Recording } from '../../src/core/recording.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import { pace } from '../../src/drivers/pace.ts'
import type { UserPool } from '../../src/drivers/user-pool.ts'
import { VirtualUser } from '../../src/drivers/virtual-user.ts'
import { memoryInUse } from './memory-in-use.ts'
import { VirtualClock } from './virtual-clock.ts'

export interface CarriedOut {
  readonly recording: Recording
  /** Real ms: of planning and the first twelfth of the time, of the second, and so on. */
  readonly twelfths: readonly number[]
  /** What plan, recorder, pacing and users hold a moment before the end, in the heap and outside of it. */
  readonly bytes: number
}

/** @param ticks how far they are apart, in ms of virtual time */
export async function carryOut(options: LoadOptions, ticks = 1): Promise<CarriedOut> {
  const before = await memoryInUse()
  const began = performance.now()
  const plan = planLoad(() => {}, options, defaultSettings)
  const time = new VirtualClock()
  const clock = {
    now: () => time.now(),
    every: (_: number, callback: () => void) => time.every(ticks, callback),
    soon: (callback: () => void) => time.soon(callback),
  }
  const recorder = new Recorder({ series: seriesOf(plan), open: true, start: plan.warmup, stages: plan.stages })
  const work = { series: () => 0, user: (vu: number, pool: UserPool) => new BriefUser(vu, pool, time) }
  const { signal } = new AbortController()
  const driven = pace({ plan, shard: { index: 0, of: 1 }, recorder, clock, addresses: {}, signal }, work)
  const twelfths: number[] = []
  for (let part = 0, last = began; part < 12; part++) {
    time.advance((plan.warmup + plan.duration - 1) / 12)
    const now = performance.now()
    twelfths.push(now - last)
    last = now
  }
  // Before the end: afterwards nobody holds pacing and users any more.
  const after = await memoryInUse()
  const bytes = after.heapBytes + after.externalBytes - before.heapBytes - before.externalBytes
  time.advance(plan.deadline)
  await driven
  return { recording: recorder.finish(time.now()), twelfths, bytes }
}

class BriefUser extends VirtualUser {
  readonly subject = 'work'
  readonly #clock: VirtualClock
  readonly #answer: () => void

  constructor(vu: number, pool: UserPool, clock: VirtualClock) {
    super(vu)
    this.#clock = clock
    this.#answer = () => pool.ok(this)
  }

  begin(): void {
    this.#clock.at(this.sent + 5, this.#answer)
  }

  giveUp(): void {}
}
