// What the agent costs a loaded server: its CPU time beside that of one without it, at the same rate.
import { fileURLToPath } from 'node:url'
import type { ProfileMode } from '../../src/core/profile-mode.ts'
import { load } from '../../src/engine/load.ts'
import { serve } from '../../src/engine/serve.ts'
import { ask } from '../support/agent-samples.ts'
import { describeSpread, repeat, spreadOf } from './rounds.ts'
import type { Line } from './verify.ts'

const directory = fileURLToPath(new URL('../support/servers/', import.meta.url))
const rounds = 7
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
    promise: `${words} the agent costs a server under 1,000 requests/s at most ${most} ms of CPU per second over a load of 10 s (median of ${rounds} rounds, a server with and one without it loaded at the same time)`,
    async measure() {
      const measured = await repeat(rounds, () => spentPerSecond(profile))
      const cost = spreadOf(measured.map(({ observed, bare }) => observed - bare))
      const seen = measured.every(({ isObserved, isBare }) => isObserved && isBare)
      return {
        holds: seen && cost.median <= most,
        figures: [
          `without ${describeSpread(spreadOf(measured.map(({ bare }) => bare)), 'ms/s')}`,
          `the agent ${describeSpread(cost, 'ms/s')}`,
          `observed when it should be: ${seen}`,
        ].join('; '),
      }
    },
  }
}

/**
 * In ms of CPU time per second of a load that goes to two servers in turn: what else the machine does happens to both alike. They
 * have been loaded before, which is dearest: a profile has V8 make some of their code anew.
 */
async function spentPerSecond(profile: ProfileMode) {
  const command = 'node serve-observed.ts'
  await using observed = await serve(command, { cwd: directory, name: 'observed' })
  await using bare = await serve(command, { cwd: directory, name: 'bare', env: { NODE_OPTIONS: undefined } })
  const both = [observed, bare]
  const target = both.map(({ url }) => `${url}/`)
  const options = { rate: 2000, warmup: 0, maxVUs: 200, profile } as const
  await load(target, { ...options, duration: '2s' })
  const before = await Promise.all(both.map((server) => ask<number>(server, '/spent')))
  const run = await load(target, { ...options, duration: '10s' })
  const after = await Promise.all(both.map((server) => ask<number>(server, '/spent')))
  const [spent, spentBare] = after.map((time, i) => (1000 * (time - (before[i] as number))) / run.duration)
  const samplesOf = (name: string) =>
    run.usage.servers.find((server) => server.name === name)?.series.loopDelay?.values.length ?? 0
  return {
    ...{ observed: spent as number, bare: spentBare as number },
    ...{ isObserved: samplesOf('observed') >= 5, isBare: samplesOf('bare') === 0 },
  }
}
