// What runs inside the thread of the relays: pipes, and counts of what goes through them.
import { type EventLoopUtilization, performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { ServerExchanges } from './exchange-count.ts'
import type { ExchangeWindow } from './exchange-window.ts'
import { HttpExchanges } from './http-exchanges.ts'
import { type Relay, startRelay } from './relay.ts'
import type { RelayAnswer, RelayOrder, WindowCount } from './relay-orders.ts'

/** `performance.now()` begins at another time in each thread. */
const offset = performance.now() - Number(process.hrtime.bigint()) / 1e6
const toLocal = (machine: number) => machine + offset

const relays = new Map<number, Relay>()
/** Kept when its relay is closed: what was counted until then is asked for later. */
const servers = new Map<number, ServerExchanges>()
const windows = new Map<number, { readonly window: ExchangeWindow; readonly idle: EventLoopUtilization }>()

/** One after the other: answers come in the order of the questions. */
let last: Promise<void> = Promise.resolve()
parentPort?.on('message', (order: RelayOrder) => {
  last = last.then(() => answer(order))
})

async function answer(order: RelayOrder): Promise<void> {
  const said = await carryOut(order).catch((error: Error): RelayAnswer => ({ kind: 'failed', message: error.message }))
  parentPort?.postMessage(said)
  if (order.kind === 'quit') parentPort?.close()
}

async function carryOut(order: RelayOrder): Promise<RelayAnswer> {
  if (order.kind === 'open') return { kind: 'done', port: await open(order) }
  if (order.kind === 'close') {
    const relay = relays.get(order.relay)
    relays.delete(order.relay)
    await relay?.stop()
  } else if (order.kind === 'count') {
    const { window } = order
    windows.set(window.id, { window, idle: performance.eventLoopUtilization() })
    for (const server of servers.values()) server.open(window)
  } else if (order.kind === 'counted') return { kind: 'done', count: counted(order.window) }
  else await Promise.all([...relays.values()].map((relay) => relay.stop()))
  return { kind: 'done' }
}

async function open({ relay, port, upstream }: Extract<RelayOrder, { kind: 'open' }>): Promise<number> {
  const exchanges = servers.get(relay) ?? new ServerExchanges(toLocal)
  const opened = await startRelay({ port, upstream, listener: () => new HttpExchanges(exchanges) })
  if (!servers.has(relay)) for (const { window } of windows.values()) exchanges.open(window)
  servers.set(relay, exchanges)
  relays.set(relay, opened)
  return opened.port
}

function counted(id: number): WindowCount {
  const begun = windows.get(id)
  windows.delete(id)
  const now = performance.now()
  const counts = [...servers].flatMap(([relay, server]) => {
    const count = server.close(id, now)
    return count ? [[relay, count] as const] : []
  })
  return { relays: new Map(counts), utilization: performance.eventLoopUtilization(begun?.idle).utilization }
}
