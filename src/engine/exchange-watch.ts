// Tells the requests of a run apart by server: as their relays count them, or by where the run's own requests went.
import type { LaneData } from '../core/lane.ts'
import { lanePlans } from '../core/lane-plan.ts'
import type { Plan } from '../core/plan.ts'
import { mergeLanes } from '../core/recording.ts'
import type { ServerLane } from '../core/server-slice.ts'
import { warning } from '../core/warning.ts'
import { runningServers } from '../processes/running-servers.ts'
import type { Server } from '../processes/server.ts'
import type { ExchangeCount } from '../relay/exchange-count.ts'
import { createWindow, mark } from '../relay/exchange-window.ts'
import { relayThreads } from '../relay/relay-thread.ts'
import { RelayedServer } from './relayed-server.ts'
import { machineTime } from './shard-run.ts'

export interface ExchangeWatch extends AsyncDisposable {
  /** To be called before anything is sent. @param measuredStart on the machine's monotonic clock, ms */
  begin(measuredStart: number): void
  /** What is under way ends unfinished. */
  finish(): Promise<ExchangeReport>
}

export interface ExchangeReport {
  /** Every server that ran at the beginning or at the end. */
  readonly servers: readonly {
    readonly name: string
    readonly port: number
    /** Of a server behind a relay. */
    readonly lane: LaneData | undefined
  }[]
  readonly warnings: readonly string[]
}

// A relay that never rests lets what comes wait, and books that on the server.
const mostUtilization = 0.95
// Time-outs of the clients come when they are due, the last of them right before the end.
const margin = 100
let lastWindow = 0

/** Resolves when the relays see everything that comes from now on. @param signal that ends the run before its time */
export async function watchExchanges(
  { duration, gracefulStop, leaks }: Plan,
  signal: AbortSignal,
): Promise<ExchangeWatch> {
  const window = createWindow(++lastWindow, { duration, over: duration + gracefulStop - margin })
  const threads = relayThreads()
  const servers = new Set(runningServers())
  await Promise.all(threads.map((thread) => thread.count(window)))
  const giveUp = () => mark(window, 'given up', machineTime())
  signal.addEventListener('abort', giveUp, { once: true })
  let isOpen = true
  const close = () => {
    if (!isOpen) return Promise.resolve([])
    isOpen = false
    signal.removeEventListener('abort', giveUp)
    return Promise.all(threads.map((thread) => thread.counted(window)))
  }
  return {
    begin: (measuredStart) => mark(window, 'begun', measuredStart),
    async finish() {
      const counted = await close()
      const relays = new Map(counted.flatMap(({ relays }) => [...relays]))
      for (const server of runningServers()) servers.add(server)
      const busiest = Math.max(0, ...counted.map(({ utilization }) => utilization))
      return {
        servers: [...servers].map((server) => ({ ...addressOf(server), lane: countOf(server, relays)?.lane })),
        warnings: [
          ...[...servers].flatMap((server) => unread(server.name, countOf(server, relays))),
          ...(leaks && relays.size > 0 ? [warning.relayHeldUp()] : []),
          ...(busiest >= mostUtilization ? [warning.relayBusy(busiest)] : []),
        ],
      }
    },
    [Symbol.asyncDispose]: async () => {
      await close()
    },
  }
}

function addressOf({ name, port }: Server) {
  return { name, port }
}

function countOf(server: Server, relays: ReadonlyMap<number, ExchangeCount>): ExchangeCount | undefined {
  return server instanceof RelayedServer ? relays.get(server.relay) : undefined
}

function unread(name: string, count: ExchangeCount | undefined): string[] {
  return count && count.unreadable > 0 ? [warning.relayUnread(name, count.unreadable)] : []
}

/** @param lanes of the run, those of one name apart by where their requests went */
export function lanesByServer({ servers }: ExchangeReport, plan: Plan, lanes: readonly LaneData[]): ServerLane[] {
  const plans = lanePlans(plan.target, plan.name)
  return servers.flatMap(({ name, port, lane }): ServerLane[] => {
    if (lane) return [{ name, source: 'relay', lane: { ...lane, name } }]
    const own = lanes.filter((_, index) => servesOrigin(port, plans[index]?.origin))
    return own.length > 0 ? [{ name, source: 'requests', lane: mergeLanes(own, name) }] : []
  })
}

function servesOrigin(port: number, origin: string | undefined): boolean {
  if (origin === undefined) return false
  const { hostname, port: given, protocol } = new URL(origin)
  const asked = given === '' ? (protocol === 'https:' ? 443 : 80) : Number(given)
  return asked === port && (hostname === 'localhost' || hostname.startsWith('127.'))
}
