// The CPU time of this process in the measured time of a shard of ours.
import { setTimeout } from 'node:timers'
import { ShardCommands } from '../../src/engine/shard-commands.ts'
import { machineTime, type ShardControl, type ShardResult } from '../../src/engine/shard-run.ts'

export async function observed(
  duration: number,
  run: (control: ShardControl) => Promise<ShardResult>,
): Promise<ShardResult & { readonly cpuMicros: number }> {
  let before: NodeJS.CpuUsage | undefined
  let used: NodeJS.CpuUsage | undefined
  const result = await run({
    signal: new AbortController().signal,
    commands: new ShardCommands(),
    started(measuredStart) {
      const wait = measuredStart - machineTime()
      setTimeout(() => {
        before = process.cpuUsage()
      }, wait)
      setTimeout(() => {
        used = process.cpuUsage(before)
      }, wait + duration)
    },
    snapshot() {},
  })
  if (!before) throw new Error('the run was over before its measured time')
  // A run with nothing under way at its end can be over before the timer has its turn.
  const { user, system } = used ?? process.cpuUsage(before)
  return { ...result, cpuMicros: user + system }
}
