// The heap of so many virtual users with their HTTP clients, in one of several states. Wants --expose-gc.
import { connect as connectSocket, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestPlan } from '../../src/core/target.ts'
import { type Connect, pinnedConnector } from '../../src/drivers/connector.ts'
import { HttpConnection } from '../../src/drivers/http-connection.ts'
import { messageMaker } from '../../src/drivers/http-message.ts'
import { HttpUser, type HttpWork } from '../../src/drivers/http-user.ts'
import { systemClock } from '../../src/drivers/system-clock.ts'
import type { UserPool } from '../../src/drivers/user-pool.ts'
import { readOrder, report } from './order.ts'

/**
 * `made`: the client is there and has never been used. `waiting`: its first request waits for a connection that never
 * comes. `connected`: it has had an answer and rests. `sockets`: as many connections without a user and a client.
 */
export type IdleState = 'made' | 'waiting' | 'connected' | 'sockets'

const { url, state, users } = readOrder<{ url: string; state: IdleState; users: number }>()
const { hostname, port } = new URL(url)
const request: RequestPlan = { name: 'GET /', method: 'GET', origin: url, path: '/', headers: {} }
const held: unknown[] = []
let ended = 0
/** All that a user asks of its pool, the same for all. */
const pool = { ok: done, failed: (_: HttpUser, kind: string) => failed(kind) } as unknown as UserPool
/** So many at once: a server has room for few that it has not yet accepted. */
const batch = 500

const make = { made, waiting, connected, sockets }[state]
// What the first user brings with it (code, parsers, tables) is of no user.
await make(batch)
const before = heap()
await make(users)
report({ heap: (heap() - before) / users / 1000 })

function made(count: number): void {
  const work = workOf(never())
  const { connect } = work.errands[0] as HttpWork['errands'][number]
  for (let index = 0; index < count; index++) {
    held.push(new HttpUser(index, pool, work), new HttpConnection(url, connect))
  }
}

function waiting(count: number): void {
  begin(count, workOf(never()))
}

async function connected(count: number): Promise<void> {
  const work = workOf(pinnedConnector({ address: hostname, port: Number(port) }, { insecure: false }))
  await inBatches(count, (size) => begin(size, work))
}

async function sockets(count: number): Promise<void> {
  await inBatches(count, (size) => {
    for (let index = 0; index < size; index++)
      held.push(connectSocket(Number(port), hostname, done).on('error', failed))
  })
}

function begin(count: number, work: HttpWork): void {
  for (let index = 0; index < count; index++) {
    const user = new HttpUser(index, pool, work)
    held.push(user)
    user.begin()
  }
}

async function inBatches(count: number, start: (size: number) => void): Promise<void> {
  for (let started = 0; started < count; started += batch) {
    const size = Math.min(batch, count - started)
    const goal = ended + size
    start(size)
    while (ended < goal) await sleep(5)
  }
}

function workOf(connect: Connect): HttpWork {
  return { errands: [{ request, messageOf: messageMaker(request), connect }], turn: () => 0, clock: systemClock }
}

/** One socket for all, so that none of it is counted, that never connects. */
function never(): Connect {
  const socket = new Socket()
  socket.setMaxListeners(0)
  return () => socket
}

function done(): void {
  ended++
}

function failed(why: unknown): never {
  throw new Error(`a request or connection failed: ${why}`)
}

function heap(): number {
  if (!globalThis.gc) throw new Error('start it with --expose-gc')
  for (let time = 0; time < 4; time++) globalThis.gc()
  return process.memoryUsage().heapUsed
}
