// Whatever can be called can be loaded: a module of the application, a call of its database, a client of its queue.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type TaskContext } from 'vitest-load'
import { useDatabase } from '../../examples/database/src/use-database.ts'
import { type Backstage, openBackstage } from '../../examples/gateway/src/backstage.ts'
import { Cache } from '../../examples/gateway/src/cache.ts'
import { readConfig } from '../../examples/gateway/src/config.ts'
import { messageStore } from '../../examples/gateway/src/stores/message-store.ts'
import { sessionStore } from '../../examples/gateway/src/stores/session-store.ts'

describe('inside the gateway', () => {
  let inside: Backstage
  beforeAll(async () => {
    const database = await useDatabase()
    const config = readConfig({ DATABASE_URL: database.url })
    inside = await openBackstage({ config, name: 'load', supervise: false, onError: console.error })
    return async () => {
      await inside.close()
      await database[Symbol.asyncDispose]()
    }
  })

  it('the cache asks for a value once, however many want it', async () => {
    const cache = new Cache<number>({ capacity: 10, lifetime: 60_000 })
    let asked = 0
    const compute = async () => {
      asked++
      return sleep(5, 42)
    }
    const getValue = async ({ iteration, check }: TaskContext) =>
      check('it is the value', (await cache.get(`key ${iteration % 10}`, compute)) === 42)
    const run = await load(getValue, { vus: 50, iterations: 5000 })
    expect(run).toMeet({ errorRate: 0, checks: 1 })
    expect(asked).toBe(10)
  })

  it('the store numbers messages without gaps, however many write at once', async () => {
    const messages = messageStore(inside.database)
    const { id } = await sessionStore(inside.database, 60_000).open()
    const numbers: number[] = []
    const addMessage = async ({ iteration }: TaskContext) => {
      const message = await messages.add(id, `message ${iteration}`)
      if (message) numbers.push(message.seq)
    }
    const run = await load(addMessage, { vus: 20, iterations: 500 })
    expect(run).toHaveNoErrors()
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, n) => n + 1))
  })

  it('the queue hands each entry to one of 20 takers', async () => {
    const { queue, database } = inside
    const added = Array.from({ length: 200 }, () => randomUUID())
    await queue.add(database, added)
    const taken: string[] = []
    const takeEntry = async () => {
      const entry = await queue.take()
      if (entry) taken.push(entry.jobId)
    }
    const run = await load(takeEntry, { vus: 20, iterations: 200 })
    expect(run).toHaveNoErrors()
    expect(taken.sort()).toEqual(added.sort())
  })
})
