// What the agent costs a loaded server: its CPU time with and without, in turn, at the same rate.
import { fileURLToPath } from 'node:url'
import type { ProfileMode } from '../../src/core/profile-mode.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { ask } from '../support/agent-samples.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const mostPerSecond = 20
const mostWithProfile = 40

export const agentCostLines: readonly Line[] = [
  costLine('agent-cost', { words: 'without a profile', profile: 'off', most: mostPerSecond }),
  costLine('agent-profile-cost', { words: 'with a CPU profile', profile: 'on-failure', most: mostWithProfile }),
]

interface Observing {
  readonly words: string
  readonly profile: ProfileMode
  readonly most: number
}

function costLine(name: string, { words, profile, most }: Observing): Line {
  return {
    name,
    promise: `${words} the agent costs a server under 1,000 requests/s at most ${most} ms of CPU per second over a load of 10 s (median of 5 rounds in turn)`,
    async measure() {
      const rounds = await repeat(5, async () => {
        const without = await spentPerSecond({ NODE_OPTIONS: undefined }, 'off')
        const observed = await spentPerSecond({}, profile)
        return { without, observed }
      })
      const cost = spreadOf(rounds.map(({ observed, without }) => observed.spent - without.spent))
      const seen = rounds.every(({ observed, without }) => observed.samples >= 5 && without.samples === 0)
      return {
        holds: seen && cost.median <= most,
        figures: [
          `without ${describeSpread(spreadOf(rounds.map(({ without }) => without.spent)), 'ms/s')}`,
          `the agent ${describeSpread(cost, 'ms/s')}`,
          `observed when it should be: ${seen}`,
        ].join('; '),
      }
    },
  }
}

/** In ms of CPU time per second of a load. The server has been warmed up. */
async function spentPerSecond(env: Record<string, string | undefined>, profile: ProfileMode) {
  await using server = await serve('node serve-observed.ts', { cwd: directory, env })
  const options = { rate: 1000, warmup: 0, maxVUs: 200, profile } as const
  await load(`${server.url}/`, { ...options, duration: '2s' })
  const before = await ask<number>(server, '/spent')
  const run = await load(`${server.url}/`, { ...options, duration: '10s' })
  const after = await ask<number>(server, '/spent')
  const samples = run.usage.servers[0]?.series.loopDelay?.values.length ?? 0
  return { spent: (1000 * (after - before)) / run.duration, samples }
}
