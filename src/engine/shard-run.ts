// Runs one shard of a plan in the thread it is called in: driver, recorder and the generator's health.
import { clearTimeout, setTimeout } from 'node:timers'
import { fixedAmount, type Plan, seriesOf } from '../core/plan.ts'
import { Recorder } from '../core/recorder.ts'
import type { Recording, Snapshot } from '../core/recording.ts'
import type { Shard } from '../core/schedule.ts'
import { driveAutocannon } from '../drivers/autocannon.ts'
import type { Address, Driver } from '../drivers/driver.ts'
import { driveHttp } from '../drivers/http-driver.ts'
import { systemClock } from '../drivers/system-clock.ts'
import { driveTask } from '../drivers/task-driver.ts'
import { type GeneratorHealth, watchGenerator } from '../monitor/generator-health.ts'
import type { ShardCommands } from './shard-commands.ts'

/** All of it but `plan.target`'s functions can cross threads. */
export interface ShardOrder {
  readonly plan: Plan
  readonly shard: Shard
  readonly addresses: Readonly<Record<string, Address>>
  /** When the warm-up begins, see `machineTime`; not later than now. Default: now. */
  readonly begin?: number
}

export interface ShardControl {
  readonly signal: AbortSignal
  readonly commands: ShardCommands
  /** @param measuredStart when the measured time begins, see `machineTime` */
  started(measuredStart: number): void
  /** About once a second. */
  snapshot(snapshot: Snapshot): void
}

export interface ShardResult {
  readonly recording: Recording
  readonly health: GeneratorHealth
}

/** Monotonic ms that all threads of this process agree on; `performance.now()` starts at 0 in each. */
export function machineTime(): number {
  return Number(hrtime()) / 1e6
}

// Taken before a user's fake timers can replace it.
const hrtime = process.hrtime.bigint

export async function runShard(
  { plan, shard, addresses, begin = machineTime() }: ShardOrder,
  control: ShardControl,
): Promise<ShardResult> {
  const clock = systemClock
  const start = clock.now() + begin - machineTime() + plan.warmup
  const recorder = new Recorder({
    series: seriesOf(plan),
    open: plan.model === 'open',
    fixedAmount: fixedAmount(plan) !== undefined,
    start,
    duration: plan.duration,
    stages: plan.asked.stages === undefined ? [] : plan.stages,
  })
  const watch = watchGenerator(start)
  const beginWatch = setTimeout(() => {
    watch.begin()
    recorder.bytes.begin()
  }, plan.warmup)
  const endWatch = setTimeout(() => watch.end(), plan.warmup + plan.duration)
  const deaf = control.commands.listen((command) => {
    if (command === 'mark') recorder.moments.begin()
    else if (command === 'unmark') recorder.moments.end(clock.now())
    else recorder.endsBy = Math.min(recorder.endsBy, clock.now())
  })
  const stopSnapshots = clock.every(1000, () => control.snapshot(recorder.snapshot(clock.now())))
  control.started(begin + plan.warmup)
  try {
    await driverOf(plan)({ plan, shard, recorder, clock, addresses, signal: control.signal })
    return { recording: recorder.finish(clock.now()), health: watch.finish() }
  } finally {
    deaf()
    stopSnapshots()
    clearTimeout(beginWatch)
    clearTimeout(endWatch)
    watch.finish()
  }
}

function driverOf({ load, target }: Plan): Driver {
  if (load.kind === 'connections') return driveAutocannon
  return target.kind === 'task' ? driveTask : driveHttp
}
