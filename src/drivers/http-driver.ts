// Drives HTTP requests as the iterations of an open or a closed run, on a client of our own.
import type { ByteCount } from '../core/byte-count.ts'
import { LoadTestError } from '../core/errors.ts'
import { lanesOf } from '../core/lane-plan.ts'
import { type Connect, pinnedConnector } from './connector.ts'
import type { Driver, DriverContext } from './driver.ts'
import { messageMaker } from './http-message.ts'
import { type Errand, HttpUser } from './http-user.ts'
import { pace } from './pace.ts'

/**
 * Every iteration is one request, and every virtual user has connections of its own: one to each origin. Nothing is
 * sent twice, and redirects are not followed. In a closed run, users that cannot connect try again after 10 ms,
 * doubling to 1 s.
 */
export const driveHttp: Driver = async (context) => {
  const { clock } = context
  const errands = errandsOf(context)
  const series = lanesOf(errands.map(({ request }) => request))
  const turn = turns(context, errands.length)
  await pace(context, {
    series: (iteration) => series[turn(iteration)] as number,
    user: (vu, pool) => new HttpUser(vu, pool, { errands, turn, clock }),
  })
}

/**
 * Which request an iteration sends. Arrivals are dealt out to the shards in turn, and requests by their numbers; the users
 * of a closed run are as fast as what they send, so that those of each shard have to send all of it.
 */
function turns({ plan, shard }: DriverContext, count: number): (iteration: number) => number {
  if (plan.model === 'open' || shard.of === 1) return (iteration) => iteration % count
  return (iteration) => (Math.floor(iteration / shard.of) + shard.index) % count
}

/** What its connections carry is counted. */
function counted(connect: Connect, bytes: ByteCount): Connect {
  return (options, callback) => {
    const socket = connect(options, callback)
    bytes.add(socket)
    socket.once('close', () => bytes.remove(socket))
    return socket
  }
}

function errandsOf({ plan, addresses, recorder }: DriverContext): Errand[] {
  const { target } = plan
  if (target.kind !== 'http') throw new LoadTestError('internal', `a target of kind ${target.kind} is no HTTP request`)
  const connectors = Object.fromEntries(
    Object.entries(addresses).map(
      ([origin, address]) => [origin, counted(pinnedConnector(address, plan), recorder.bytes)] as const,
    ),
  )
  return target.requests.map((request) => {
    const connect = connectors[request.origin]
    if (!connect) throw new LoadTestError('internal', `${request.origin} was not looked up before the run`)
    return { request, messageOf: messageMaker(request), connect }
  })
}
