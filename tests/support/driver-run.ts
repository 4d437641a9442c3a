// Runs a driver the way the engine does, without one: plan, recorder, addresses, and the record at the end.
import { isIP } from 'node:net'
import type { Clock } from '../../src/core/clock.ts'
import { Distribution } from '../../src/core/distribution.ts'
import { isBalanced } from '../../src/core/iterations.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { fixedAmount, type Plan, planLoad, seriesOf } from '../../src/core/plan.ts'
import { Recorder } from '../../src/core/recorder.ts'
import { mergeLanes, type Recording } from '../../src/core/recording.ts'
import type { Shard } from '../../src/core/schedule.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import type { Target } from '../../src/core/target.ts'
import type { Address, Driver } from '../../src/drivers/driver.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'

export interface DriverRun {
  readonly drive: Driver
  readonly target: Target
  readonly options: LoadOptions
  readonly clock?: Clock
  readonly shard?: Shard
  readonly signal?: AbortSignal
}

export interface Outcome {
  readonly plan: Plan
  readonly recording: Recording
  /** From the first request until the driver was done, ms. */
  readonly took: number
  /** Of all series together. */
  readonly iterations: Recording['lanes'][number]['iterations']
  readonly errors: Recording['lanes'][number]['errors']
  readonly latency: Distribution
  readonly serviceTime: Distribution
  readonly balanced: boolean
}

export async function runDriver({ drive, target, options, clock = systemClock, ...rest }: DriverRun): Promise<Outcome> {
  const plan = planLoad(target, options, defaultSettings)
  const began = clock.now()
  const start = began + plan.warmup
  const recorder = new Recorder({
    series: seriesOf(plan),
    open: plan.model === 'open',
    fixedAmount: fixedAmount(plan) !== undefined,
    start,
    duration: plan.duration,
    stages: plan.asked.stages === undefined ? [] : plan.stages,
  })
  const { shard = { index: 0, of: 1 }, signal = new AbortController().signal } = rest
  await drive({ plan, shard, recorder, clock, addresses: addressesOf(plan), signal })
  const took = clock.now() - began
  const recording = recorder.finish(clock.now())
  const lane = mergeLanes(recording.lanes)
  return {
    plan,
    recording,
    took,
    iterations: lane.iterations,
    errors: lane.errors,
    latency: new Distribution(lane.latency, lane.censoredLatency),
    serviceTime: new Distribution(lane.serviceTime, lane.censoredServiceTime),
    balanced: [...recording.lanes, ...recording.warmup].every(({ iterations }) => isBalanced(iterations)),
  }
}

function addressesOf({ target }: Plan): Record<string, Address> {
  if (target.kind !== 'http') return {}
  const origins = target.requests.map(({ origin }) => new URL(origin))
  return Object.fromEntries(
    origins.map(({ origin, protocol, hostname, port }) => {
      const servername = isIP(hostname) ? '' : hostname
      return [origin, { address: '127.0.0.1', port: Number(port), ...(protocol === 'https:' ? { servername } : {}) }]
    }),
  )
}
