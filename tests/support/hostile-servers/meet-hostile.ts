// Runs the driver of an executor against a hostile server, and brings back both accounts: ours and the server's own.
import { type HttpOptions, http } from '../../../src/core/http-request.ts'
import type { LoadOptions } from '../../../src/core/load-options.ts'
import type { Run } from '../../../src/core/run.ts'
import { driveAutocannon } from '../../../src/drivers/autocannon.ts'
import { driveHttp } from '../../../src/drivers/http-driver.ts'
import { assembleRun } from '../../../src/engine/run-assembly.ts'
import type { GeneratorHealth } from '../../../src/monitor/generator-health.ts'
import { type Outcome, runDriver } from '../driver-run.ts'
import { nothingObserved } from '../observed.ts'
import { type HostileName, type HostileOptions, type ServerLog, startHostile } from './index.ts'

export type HowMuch = 'rate' | 'vus' | 'connections'

export interface Meeting extends Outcome {
  /** As a matcher would get it. */
  readonly run: Run
  readonly kinds: Readonly<Record<string, number>>
  readonly log: ServerLog
}

export interface MeetingParts {
  readonly name: HostileName
  readonly howMuch: HowMuch
  readonly options?: LoadOptions
  readonly server?: HostileOptions
  readonly request?: HttpOptions
}

/** How many virtual users and connections there are; of the open run: how many requests. */
export const clients = 4
export const arrivals = 60

const amounts = {
  rate: { rate: 100, duration: 600 },
  vus: { vus: clients, duration: 500 },
  connections: { connections: clients, duration: 500 },
} satisfies Record<HowMuch, LoadOptions>

/** How this machine fares while it runs many of these at once is no matter of the servers. */
const health: GeneratorHealth = {
  series: {},
  loopDelay: { p50: 0, p99: 0, max: 0 },
  utilization: 0,
  suspensions: { count: 0, total: 0, first: 0 },
}

export async function meetHostile({ name, howMuch, options, server, request }: MeetingParts): Promise<Meeting> {
  const hostile = await startHostile(name, server)
  try {
    const target = http.get(`${hostile.url}/orders?token=abc`, request)
    const outcome = await drive(howMuch, target, { warmup: 0, gracefulStop: 2000, ...amounts[howMuch], ...options })
    return { ...outcome, log: await hostile.log() }
  } finally {
    await hostile.stop()
  }
}

/** The same against whatever is, or is not, at a place. */
export async function meetNobody(url: string, howMuch: HowMuch, options: LoadOptions = {}) {
  return drive(howMuch, http.get(url), { warmup: 0, ...amounts[howMuch], ...options })
}

async function drive(howMuch: HowMuch, target: ReturnType<typeof http.get>, options: LoadOptions) {
  const outcome = await runDriver({ drive: howMuch === 'connections' ? driveAutocannon : driveHttp, target, options })
  const { plan, recording } = outcome
  const run = assembleRun({
    id: 'hostile',
    plan,
    startedAt: new Date(0).toISOString(),
    shards: [{ recording, health }],
    observed: nothingObserved,
    sharedOrigin: undefined,
    besideServer: false,
    beside: [],
    foreseen: [],
    aborted: undefined,
  })
  return { ...outcome, run, kinds: Object.fromEntries(outcome.errors.map(({ kind, count }) => [kind, count])) }
}
