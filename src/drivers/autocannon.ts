// Closed, saturating load by autocannon; its statistics are not used, its clients are watched one by one instead.
import { isIPv6 } from 'node:net'
import autocannon from 'autocannon'
import type { RequestPlan, TargetPlan } from '../core/target.ts'
import type { AutocannonClient } from './autocannon-client.ts'
import { Connection } from './autocannon-connection.ts'
import { Traffic } from './autocannon-traffic.ts'
import type { Address, Driver, DriverContext } from './driver.ts'
import { withRealTimers } from './real-timers.ts'

/** Of time-outs, pauses and the end: autocannon has a timer of its own for the end only, and that is not used. */
const checkInterval = 10
/** How often autocannon looks whether its clients are done, ms. */
const sampleInt = 50
/** Seconds, just below the longest a timer can wait: autocannon is to end nothing by itself. */
const never = 2_000_000
/** Its own times are of a clock that fake timers move, and it does not bear what comes of that. */
const silent = { __custom: true, recordValue: () => {}, reset: () => {}, destroy: () => {} }
const noStatistics = { histograms: { latencies: silent, requests: silent, throughput: silent } }

/**
 * The plan's requests are sent in turn on each connection, each as soon as fewer than `pipelining` are under way on it.
 * autocannon itself is left at one: told of more, it would send them before the connection is up. What the server
 * receives is `scheduled` less the `refused` and those whose body or header function has thrown, and less at
 * most those whose connection broke before the server read them.
 */
export const driveAutocannon: Driver = async (context) => {
  const { clock, signal } = context
  const { requests } = context.plan.target as Extract<TargetPlan, { kind: 'http' }>
  const traffic = new Traffic(context, requests)
  if (signal.aborted) traffic.stop(clock.now())
  if (traffic.isOver(clock.now())) return
  const connections: Connection[] = []
  // It ends itself by an interval, and that of a test's fake timers would never come.
  const run = withRealTimers(() =>
    autocannon({
      ...whereTo(context, requests[0] as RequestPlan),
      connections: traffic.connections,
      // The package's types know only text and a few methods.
      requests: traffic.requests.list as autocannon.Request[],
      setupClient: (client) => connections.push(new Connection(client as unknown as AutocannonClient, traffic)),
      sampleInt,
      duration: never,
      timeout: never,
      skipAggregateResult: true,
      ...noStatistics,
    }),
  )
  try {
    await untilOver(context, traffic, { connections, run })
  } finally {
    const now = clock.now()
    traffic.stop(now)
    for (const connection of connections) connection.end(now)
  }
  await run
}

interface Run {
  readonly connections: readonly Connection[]
  /** Ends only after its clients were destroyed, or with a fault of its own. */
  readonly run: PromiseLike<unknown>
}

function untilOver({ clock, signal }: DriverContext, traffic: Traffic, { connections, run }: Run): Promise<unknown> {
  const over = Promise.withResolvers<void>()
  const stopChecks = clock.every(checkInterval, () => {
    const now = clock.now()
    for (const connection of connections) connection.check(now)
    if (traffic.isOver(now)) over.resolve()
  })
  signal.addEventListener('abort', () => over.resolve(), { once: true })
  return Promise.race([over.promise, run]).finally(stopChecks)
}

function whereTo({ addresses }: DriverContext, { origin }: RequestPlan) {
  const { address, port, servername } = addresses[origin] as Address
  const { protocol } = new URL(origin)
  return {
    url: `${protocol}//${isIPv6(address) ? `[${address}]` : address}:${port}`,
    ...(servername === undefined ? {} : { servername }),
  }
}
