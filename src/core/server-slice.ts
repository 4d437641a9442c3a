// What one of several servers had of a run: the requests that came to it, and what it used meanwhile.
import { LoadTestError } from './errors.ts'
import type { ServerWhy } from './explanation.ts'
import type { LaneData } from './lane.ts'
import type { ServerAllocations, ServerLeak } from './leak.ts'
import { show } from './problems.ts'
import type { RunData } from './run.ts'
import { type ServerSeries, Slice, type SliceParts } from './slice.ts'
import type { Usage } from './usage.ts'

/** The iterations of a run that one server had. */
export interface ServerLane {
  readonly name: string
  /**
   * `requests`: iterations of the run whose requests went straight to it. `relay`: HTTP requests as the relay in
   * front of it saw them in the measured time, from their first byte to the last of the answer, whoever sent them; ok
   * are answers below 400, timed out are those whose client left before the end of the answer.
   */
  readonly source: 'relay' | 'requests'
  readonly lane: LaneData
}

export class ServerSlice extends Slice {
  readonly source: ServerLane['source']
  readonly #server: string

  constructor(run: RunData, { name, source, lane }: ServerLane) {
    super(partsOf(run, { name, source, lane }))
    this.source = source
    this.#server = name
    Object.freeze(this)
  }

  /** Of this server alone. */
  override get servers(): readonly ServerSeries[] {
    return super.servers.filter(({ name }) => name === this.#server)
  }

  /** Of this server alone, beside the generator. */
  override get usage(): Usage {
    const { servers, ...rest } = super.usage
    return { ...rest, servers: servers.filter(({ name }) => name === this.#server) }
  }

  override get why(): readonly ServerWhy[] {
    return super.why.filter(({ server }) => server === this.#server)
  }

  override get leaks(): readonly ServerLeak[] | undefined {
    return super.leaks?.filter(({ server }) => server === this.#server)
  }

  override get allocations(): readonly ServerAllocations[] {
    return super.allocations.filter(({ server }) => server === this.#server)
  }
}

function partsOf(run: RunData, { name, source, lane }: ServerLane): SliceParts {
  const parts = { name: `${run.name} > server ${name}`, run, lane, duration: run.duration }
  if (source === 'requests') return parts
  const { okInTime, ownInTime, early } = lane
  // The rows of the run's timeline tell of its iterations, not of what came through the relay.
  const window = { rows: [], okInTime, backlog: 0, own: { ownInTime, early, askedOfEach: 1 } }
  return { ...parts, name: `${parts.name} (as its relay saw it)`, window }
}

/** Throws `invalid-options` for a name that no server has, or several have, or whose requests were not told apart. */
export function serverSlice(run: RunData, name: string): ServerSlice {
  const lanes = (run.servers ?? []).filter((server) => server.name === name)
  const [first] = lanes
  if (first && lanes.length === 1) return new ServerSlice(run, first)
  throw new LoadTestError('invalid-options', `run.server(): ${trouble(run, { name, count: lanes.length })}`)
}

function trouble(run: RunData, { name, count }: { readonly name: string; readonly count: number }): string {
  if (count > 1) return `${count} servers are named ${show(name)}: give serve() a name for each`
  const told = (run.servers ?? []).map((server) => server.name)
  const known = [...new Set([...told, ...run.usage.servers.map((server) => server.name)])]
  if (known.length === 0) return `expected a run beside a server that serve() started, got ${show(name)}`
  if (!known.includes(name)) return `expected one of ${known.map((each) => `'${each}'`).join(', ')}, got ${show(name)}`
  return `nobody knows which requests server ${show(name)} had, for the load did not go straight to it, or serve() did not start it: start it with serve(command, { relay: true }). What it used is in run.servers`
}
