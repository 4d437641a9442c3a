// Both HTTP drivers call a generator without file descriptors or ports by its name.
import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { planLoad, seriesOf } from '../../../src/core/plan.ts'
import { Recorder } from '../../../src/core/recorder.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import type { RequestPlan, Target, TargetPlan } from '../../../src/core/target.ts'
import type { AutocannonClient } from '../../../src/drivers/autocannon-client.ts'
import { Connection } from '../../../src/drivers/autocannon-connection.ts'
import { Traffic } from '../../../src/drivers/autocannon-traffic.ts'
import type { DriverContext } from '../../../src/drivers/driver.ts'
import { messageMaker } from '../../../src/drivers/http-message.ts'
import { HttpUser } from '../../../src/drivers/http-user.ts'
import { pace } from '../../../src/drivers/pace.ts'
import { systemClock } from '../../../src/drivers/system-clock.ts'

const target: Target = 'http://127.0.0.1:1/x'
const errors = ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS'].map((code) =>
  Object.assign(new Error(`connect ${code} 127.0.0.1:1`), { code }),
)

function contextOf(options: Parameters<typeof planLoad>[1]): DriverContext & { request: RequestPlan } {
  const plan = planLoad(target, { warmup: 0, ...options }, defaultSettings)
  const recorder = new Recorder({ series: seriesOf(plan), open: plan.model === 'open', start: systemClock.now() })
  const [request] = (plan.target as Extract<TargetPlan, { kind: 'http' }>).requests as [RequestPlan]
  const { signal } = new AbortController()
  return { plan, recorder, request, clock: systemClock, shard: { index: 0, of: 1 }, addresses: {}, signal }
}

function errorsOf({ recorder }: DriverContext) {
  return recorder.finish(systemClock.now()).lanes.flatMap((lane) => lane.errors)
}

describe.each(errors)('$code', (error) => {
  const expected = { kind: 'generator', example: `GET /x: ${error.message}` }

  it('is the generator, in a paced run', async () => {
    const context = contextOf({ rate: 100, duration: 100 })
    const connect = (_: unknown, callback: (error: Error, socket: null) => void) => {
      queueMicrotask(() => callback(error, null))
      return new Socket()
    }
    const errands = [{ request: context.request, messageOf: messageMaker(context.request), connect }]
    await pace(context, {
      series: () => 0,
      user: (vu, pool) => new HttpUser(vu, pool, { errands, turn: () => 0, clock: systemClock }),
    })
    expect(errorsOf(context)).toEqual([{ ...expected, count: 10 }])
  })

  it('is the generator, in an autocannon run', () => {
    const context = contextOf({ connections: 1, amount: 1 })
    // As much of a client as there is before its first connection.
    class Parser {
      static readonly kOnMessageComplete = 4
      execute() {}
    }
    const client = Object.assign(new EventEmitter(), {
      parser: new Parser(),
      requestIterator: {},
      conn: undefined as EventEmitter | undefined,
      _connect() {
        client.conn = new Socket()
        client._doRequest()
      },
      _doRequest: vi.fn(),
      _destroyConnection: vi.fn(),
    })
    new Connection(client as unknown as AutocannonClient, new Traffic(context, [context.request]))
    client._connect()
    // What autocannon does when a connection fails.
    client.emit('connError', error)
    client._connect()
    expect(errorsOf(context)).toEqual([{ ...expected, count: 1 }])
  })
})
