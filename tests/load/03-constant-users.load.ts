// A closed model: so many users at once, each of whom looks at an answer for a while before asking again.
import { beforeAll, describe, expect, it } from 'vitest'
import { type HttpResponse, http, load } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

describe('users who look at clients', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    await gateway.sql.query(
      "insert into clients (name, email) select 'Ada', n || '@example.org' from generate_series(1, 50) as n",
    )
    return gateway.stop
  })

  it.each([
    { level: 'basic', vus: 20 },
    { level: 'peak', vus: 100 },
    { level: 'stress', vus: 500 },
  ])('$level: $vus at once', async ({ vus }) => {
    const isFullPage = (answer: HttpResponse) => (answer.json() as { items: unknown[] }).items.length === 20
    const page = http.get(`${gateway.url}/api/clients`, { expect: isFullPage })
    const client = http.get(`${gateway.url}/api/clients/1`)
    const run = await load([page, client], { vus, duration: '2s', thinkTime: { min: '200ms', max: '600ms' } })
    expect(run).toHaveNoErrors()
    expect(run).toHaveP95Below(1000)
  })
})
