// What is told of a server's CPU and memory beside what the kernel's scheduler and memory accounts of it say.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { serve } from '../../src/engine/serve.ts'
import { monitorProcesses } from '../../src/monitor/process-usage.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const rounds = 5
const seconds = 10

interface Moment {
  readonly at: number
  readonly truth: { readonly spent: number; readonly memory: number }
  readonly told: { readonly cpu: number; readonly memory: number }
}

export const usageTruthLines: readonly Line[] = [
  {
    name: 'usage-truth',
    promise: `a tree with three children, a sample a second for ${seconds} s: every sample within 2 points of the scheduler’s own count of CPU time and within 2 % of VmRSS (${rounds} rounds)`,
    async measure() {
      const all = await repeat(rounds, watchTree)
      const samples = all.flatMap((moments) =>
        moments.slice(1).map((moment, index) => compare(moments[index] as Moment, moment)),
      )
      const means = all.map((moments) => meanOff(moments))
      const memory = all.flat().map(({ told, truth }) => 100 * (told.memory / truth.memory - 1))
      const single = samples.map(({ off }) => off)
      const close = single.filter((off) => Math.abs(off) <= 2).length
      const within = (limit: number) => (off: number) => Math.abs(off) <= limit
      return {
        holds: samples.length >= rounds * (seconds - 2) && single.every(within(2)) && memory.every(within(2)),
        figures: [
          `CPU ${describeSpread(spreadOf(samples.map(({ truth }) => truth)), '%')}`,
          `mean of a round off by ${describeSpread(spreadOf(means), 'points')}`,
          `a sample off by ${describeSpread(spreadOf(single), 'points')}, ${close} of ${single.length} within 2`,
          `memory off by ${describeSpread(spreadOf(memory), '%')}`,
        ].join('; '),
      }
    },
  },
]

/** Truth is read in the same turn as the sample: nothing of ours runs in between. */
async function watchTree(): Promise<Moment[]> {
  await using server = await serve('node serve-known-use.ts', { cwd: directory })
  const { pids } = (await (await fetch(server.url)).json()) as { pids: number[] }
  await sleep(1000)
  const moments: Moment[] = []
  const monitor = monitorProcesses(() => [server], {
    onSample: ({ at, values: { cpu = Number.NaN, memory = Number.NaN } }) =>
      moments.push({
        at,
        told: { cpu, memory },
        truth: { spent: total(pids, scheduled), memory: total(pids, resident) },
      }),
  })
  await sleep(1000 * (seconds + 1) + 200)
  await monitor.stop()
  return moments
}

function compare(before: Moment, now: Moment): { readonly truth: number; readonly off: number } {
  const truth = (100 * (now.truth.spent - before.truth.spent)) / (now.at - before.at)
  return { truth, off: now.told.cpu - truth }
}

/** Of all samples of a round but the first, before which there is no truth. */
function meanOff(moments: readonly Moment[]): number {
  const [first, last] = [moments[0], moments.at(-1)] as [Moment, Moment]
  const told = moments
    .slice(1)
    .reduce((sum, { told, at }, index) => sum + told.cpu * (at - (moments[index] as Moment).at), 0)
  return (told - 100 * (last.truth.spent - first.truth.spent)) / (last.at - first.at)
}

function total(pids: readonly number[], read: (pid: number) => number): number {
  return pids.reduce((sum, pid) => sum + read(pid), 0)
}

/** In ms, of all threads that it has: none of this server's ends. In ns in the kernel: proc_pid_schedstat(5). */
function scheduled(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`)
  const spent = tasks.map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]))
  return spent.reduce((sum, time) => sum + time, 0) / 1e6
}

function resident(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
}
