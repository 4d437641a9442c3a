// Runs one shard from its warm-up until nothing is under way: ticks a pacing, stops it in time, drains, gives up the rest.
import { LoadTestError } from '../core/errors.ts'
import { ArrivalPacing } from './arrivals.ts'
import type { DriverContext } from './driver.ts'
import type { Pacing } from './pacing.ts'
import type { Work } from './user-pool.ts'
import { VirtualUserPacing } from './virtual-users.ts'

/** Time-outs are noticed at most so late, in ms. */
const sweepEvery = 10

/** A `Driver` for any work: open for a `rate`, closed for `vus`. */
export function pace(context: DriverContext, work: Work): Promise<void> {
  const { plan, recorder, clock, signal } = context
  const pacing = pacingOf(context, work)
  const { pool } = pacing
  const planned = recorder.start + plan.duration
  let stopped: number | undefined
  let swept = Number.NEGATIVE_INFINITY
  let over = false

  const stop = (now: number) => {
    // The end of the plan, not of the tick that noticed it; later only when a late generator began its last ones later.
    const end = Math.min(planned, recorder.endsBy)
    recorder.stop(Math.min(now, pacing.spentAt ?? Math.max(end, pool.lastBegun)))
    pacing.stop(now)
    stopped = now
  }
  const isOver = (now: number) => stopped !== undefined && (pool.busy === 0 || now >= stopped + plan.gracefulStop)

  return new Promise((resolve, reject) => {
    const leave = () => {
      over = true
      endTicks()
      signal.removeEventListener('abort', abort)
    }
    const finish = (now: number) => {
      leave()
      pool.close(now)
      resolve()
    }
    const guarded = (step: (now: number) => void) => () => {
      if (over) return
      try {
        step(clock.now())
      } catch (fault) {
        reject(fault)
        finish(clock.now())
      }
    }
    const abort = guarded((now) => {
      if (stopped === undefined) stop(now)
      finish(now)
    })
    // Comes after answers that lay ready when the generator was late: their time must not run out in its own queue.
    const check = guarded((now) => {
      swept = now
      pool.sweep(now)
      if (isOver(now)) finish(now)
    })
    const goOn = guarded((now) => {
      if (stopped === undefined && pacing.goOn(now)) clock.soon(goOn)
    })
    const tick = guarded((now) => {
      const isDue = now >= planned || now >= recorder.endsBy
      if (stopped === undefined && pacing.tick(now, isDue)) clock.soon(goOn)
      if (stopped === undefined && (isDue || pacing.spentAt !== undefined)) stop(now)
      if (stopped !== undefined || now >= swept + sweepEvery) clock.soon(check)
    })
    const endTicks = clock.every(1, tick)
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    else tick()
  })
}

function pacingOf(context: DriverContext, work: Work): Pacing {
  const { load } = context.plan
  if (load.kind === 'rate') return new ArrivalPacing(context, work, load)
  if (load.kind === 'vus') return new VirtualUserPacing(context, work, load)
  throw new LoadTestError('internal', `a plan of ${load.kind} is not paced`)
}
