// When a run that goes on has crossed a limit.
import { describe, expect, it } from 'vitest'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { Recorder } from '../../../src/core/recorder.ts'
import type { Snapshot } from '../../../src/core/recording.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import { breachOf } from '../../../src/engine/breach.ts'

const url = 'http://127.0.0.1:3000/'

/** With a limit that is never crossed: without any that could be, the plan is refused. */
function plan({ limits, ...options }: LoadOptions) {
  const asked = { duration: 10_000, warmup: 0, abortOnBreach: true, limits: { max: 1e9, ...limits } }
  return planLoad(url, { ...asked, ...options }, defaultSettings)
}

interface Moment {
  readonly elapsed: number
  readonly ok?: readonly number[]
  readonly failed?: number
  /** Under way. */
  readonly busy?: number
  readonly open?: boolean
  /** How late the generator sent, in ms. */
  readonly lag?: number
  /** How long the run has been draining. */
  readonly drained?: number
}

function snapshot({ elapsed, ok = [], failed = 0, busy = 0, open = true, lag = 0, drained }: Moment): Snapshot {
  const recorder = new Recorder({ series: ['GET /'], open, start: 0 })
  const lane = recorder.lane(0, 0)
  for (const _ of ok) recorder.lag.record(lag)
  for (const latency of ok) lane.ok({ planned: elapsed - latency, sent: elapsed - latency }, elapsed)
  for (let index = 0; index < failed; index++) lane.failed('http-5xx', () => '503', elapsed)
  lane.iterations.scheduled = ok.length + failed + busy
  if (drained !== undefined) recorder.stop(elapsed)
  const taken = recorder.snapshot(elapsed + (drained ?? 0))
  recorder.finish(elapsed)
  return taken
}

const slow = { elapsed: 3000, ok: Array(400).fill(500), busy: 50 }

describe('a breach', () => {
  it('is a limit that is crossed beyond doubt, in words', () => {
    expect(breachOf(plan({ rate: 100, limits: { p95: 300 } }), snapshot(slow))).toBe(
      'its limit on p95 latency was crossed',
    )
    expect(
      breachOf(plan({ vus: 10, limits: { errorRate: 0.05 } }), snapshot({ elapsed: 3000, failed: 20, busy: 10 })),
    ).toBe('its limit on error rate was crossed')
  })

  it('is the first of several', () => {
    expect(breachOf(plan({ rate: 100, limits: { p50: 900, mean: 400, p95: 300 } }), snapshot(slow))).toBe(
      'its limit on mean latency was crossed',
    )
  })
})

describe('no breach', () => {
  it('is there while all limits hold', () => {
    expect(breachOf(plan({ rate: 100, limits: { p95: 600 } }), snapshot(slow))).toBeUndefined()
  })

  it('is there unless it was asked for', () => {
    expect(breachOf(plan({ rate: 100, limits: { p95: 300 }, abortOnBreach: false }), snapshot(slow))).toBeUndefined()
  })

  it('is there in the warm-up and the first 2 s', () => {
    for (const elapsed of [-500, 0, 1999]) {
      expect(breachOf(plan({ rate: 100, limits: { p95: 300 } }), snapshot({ ...slow, elapsed }))).toBeUndefined()
    }
  })

  it('is there while too little is known', () => {
    expect(breachOf(plan({ rate: 100, limits: { p95: 300 } }), snapshot({ elapsed: 3000 }))).toBeUndefined()
    expect(
      breachOf(plan({ rate: 100, limits: { p95: 300 } }), snapshot({ elapsed: 3000, ok: [500, 5, 5] })),
    ).toBeUndefined()
    expect(breachOf(plan({ rate: 1, limits: { p95: 300 } }), snapshot({ elapsed: 3000, ok: [500] }))).toBeUndefined()
  })

  it('is there on a rate that what is under way may yet reach', () => {
    const moment = { elapsed: 2000, ok: Array(170).fill(300), busy: 30 }
    expect(breachOf(plan({ rate: 100, limits: { throughput: 90, rate: 100 } }), snapshot(moment))).toBeUndefined()
  })

  it('is there when the generator was late itself', () => {
    expect(breachOf(plan({ rate: 100, limits: { p95: 300 } }), snapshot({ ...slow, lag: 200 }))).toBeUndefined()
  })

  it('is there on what is only known at the end: CPU and memory', () => {
    expect(breachOf(plan({ rate: 100, limits: { cpu: 1, memory: 1 } }), snapshot(slow))).toBeUndefined()
  })

  it.each([true, false])('comes from draining, in which nothing more is sent (open: %s)', (open) => {
    const moment = { elapsed: 10_000, ok: Array(1050).fill(5), open, drained: 4900 }
    const options = { ...(open ? { rate: 105 } : { vus: 1 }), limits: { throughput: 100 } }
    expect(breachOf(plan(options), snapshot(moment))).toBeUndefined()
  })
})
