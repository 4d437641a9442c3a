// What a service keeps must be right after any load: nothing lost, nothing half done, no sum that has changed.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HttpResponse, http, load, type TaskContext } from 'vitest-load'
import { ask } from './ask.ts'
import { type Gateway, startGateway } from './gateway.ts'

type Client = { readonly id: number; readonly name: string; readonly version: number }

describe('the database behind the gateway', () => {
  let gateway: Gateway
  let clients: string
  beforeAll(async () => {
    gateway = await startGateway()
    clients = `${gateway.url}/api/clients`
    return gateway.stop
  })
  beforeEach(() => gateway.sql.query('truncate clients restart identity cascade'))

  // 10 clients with 2 projects of 1,000 cents each, and 2 entries of 30 minutes on each project.
  const projects = ['a', 'b'].map((name) => ({ name, budgetCents: 1000, minutes: [30, 30] }))
  const tenClients = (i: number) => ({
    clients: Array.from({ length: 10 }, (_, n) => ({ name: 'Ada', email: `${i}.${n}@example.org`, projects })),
  })
  const counts = async () => [
    await gateway.count('clients'),
    await gateway.count('projects'),
    await gateway.count('entries'),
  ]
  const total = async (column: string, table: string) => {
    const { rows } = await gateway.sql.query(`select sum(${column})::integer as total from ${table}`)
    return rows[0].total
  }

  it('creates, reads, changes and deletes', async () => {
    const run = await load(liveAndDie, { vus: 10, duration: '1500ms', name: 'the life of a client' })
    expect(run).toMeet({ errorRate: 0, checks: 1, p95: 2000 })
    expect(await gateway.count('clients')).toBe(0)
  })

  async function liveAndDie({ iteration, signal, check }: TaskContext) {
    const json = { name: 'Ada', email: `${iteration}@example.org` }
    const { id } = await ask<Client>(clients, { json, signal })
    const one = `${clients}/${id}`
    check('it can be read', (await ask<Client>(one, { signal })).name === 'Ada')
    const changed = await ask<Client>(one, { method: 'PATCH', json: { name: 'Grace', version: 1 }, signal })
    check('it is changed', changed.version === 2)
    check('it is read as changed', (await ask<Client>(one, { signal })).name === 'Grace')
    await ask(one, { method: 'DELETE', signal })
  }

  it('inserts in bulk, and deletes with everything that belongs to it', async () => {
    const bulk = http.post(`${clients}/bulk`, { json: tenClients, expect: 201 })
    const inserted = await load(bulk, { vus: 5, iterations: 50 })
    expect(inserted).toHaveNoErrors()
    expect(await counts()).toEqual([500, 1000, 2000])

    const remove = ({ iteration, signal }: TaskContext) =>
      ask(`${clients}/${iteration + 1}`, { method: 'DELETE', signal })
    const removed = await load(remove, { vus: 10, iterations: 400 })
    expect(removed).toHaveNoErrors()
    expect(await counts()).toEqual([100, 200, 400])
  })

  it('joins everything there is, and stays right while it grows', async () => {
    await ask(`${clients}/bulk`, { json: tenClients(-1) })
    const isRight = (answer: HttpResponse) =>
      (answer.json() as { budgetCents: number; minutes: number }[]).every(
        ({ budgetCents, minutes }) => budgetCents === 2000 && minutes === 120,
      )
    const report = http.get(`${gateway.url}/api/report?limit=100`, { expect: isRight })
    const run = await load([report, http.post(`${clients}/bulk`, { json: tenClients, expect: 201 })], {
      rate: 60,
      duration: '2s',
    })
    expect(run).toHaveNoErrors()
    expect(run.request('GET /api/report')).toHaveP95Below(1000)
  })

  it('commits a transfer whole or not at all', async () => {
    await ask(`${clients}/bulk`, { json: tenClients(0) })
    const answers: Record<number, number> = { 200: 0, 409: 0 }
    const transfer = http.post(`${gateway.url}/api/transfers`, {
      json: (i) => ({ from: 1 + (i % 20), to: 1 + ((i + 1 + (i % 7)) % 20), amountCents: 100 * (1 + (i % 9)) }),
      expect: ({ status }) => {
        answers[status] = (answers[status] ?? 0) + 1
        return status === 200 || status === 409
      },
    })
    const run = await load(transfer, { vus: 20, iterations: 1000 })
    expect(run).toHaveNoErrors()
    expect(await total('budget_cents', 'projects')).toBe(20_000)
    expect(await total('(budget_cents < 0)::integer', 'projects')).toBe(0)
    expect(await total('version - 1', 'projects')).toBe(2 * (answers[200] as number))
  })

  it('rolls a bulk back when one of it cannot be', async () => {
    await ask(clients, { json: { name: 'Ada', email: 'taken@example.org' } })
    const oneTooMany = (i: number) => ({
      clients: [...tenClients(i).clients, { name: 'Ada', email: 'taken@example.org' }],
    })
    const run = await load(http.post(`${clients}/bulk`, { json: oneTooMany, expect: 409 }), { vus: 5, iterations: 100 })
    expect(run).toHaveNoErrors()
    expect(await counts()).toEqual([1, 0, 0])
  })

  it('lets one of many writers of the same version win', async () => {
    const { id } = await ask<Client>(clients, { json: { name: 'Ada', email: 'ada@example.org' } })
    const won: number[] = []
    const readAndChange = async ({ iteration, signal }: TaskContext) => {
      const { version } = await ask<Client>(`${clients}/${id}`, { signal })
      const json = { name: `Ada ${iteration}`, version }
      const changed = await ask<Client>(`${clients}/${id}`, { method: 'PATCH', json, or: 409, signal })
      if (changed) won.push(version)
    }
    const run = await load(readAndChange, { vus: 20, iterations: 400 })
    expect(run).toHaveNoErrors()
    expect(won.sort((a, b) => a - b)).toEqual(won.map((_, n) => n + 1))
    expect(await ask<Client>(`${clients}/${id}`)).toMatchObject({ version: 1 + won.length })
  })
})
