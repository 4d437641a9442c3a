// No request is lost on the way to a number: what the service has counted is what the runs of this file have counted.
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load, type Run } from 'vitest-load'
import { ask } from './ask.ts'
import { type Gateway, startGateway } from './gateway.ts'

describe('every request is counted, by both sides alike', () => {
  let gateway: Gateway
  const runs: Run[] = []
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  const clients = () => http.get(`${gateway.url}/api/clients`)
  const session = () => http.post(`${gateway.url}/api/sessions`, { json: (i) => ({ apiKey: `key-${i}` }) })

  it('over connections that never rest', async () => {
    const run = await load(`${gateway.url}/health`, { connections: 20, duration: '1s', warmup: '200ms' })
    runs.push(run)
    expect(run).toHaveNoErrors()
  })

  it('from users who take turns', async () => {
    const run = await load([clients(), session()], { vus: 20, duration: '1s', warmup: '200ms' })
    runs.push(run)
    expect(run).toHaveNoErrors()
  })

  it('at a rate, where every other one is refused', async () => {
    const invalid = http.post(`${gateway.url}/api/sessions`, { json: {} })
    const run = await load([session(), invalid], { rate: 200, duration: '1s', warmup: '200ms' })
    runs.push(run)
    expect(run).toHaveErrorRateBelow(0.51)
    expect(run.iterations).toMatchObject({ ok: 100, failed: 100 })
    expect(run.errors).toMatchObject([{ kind: 'http-4xx', count: 100 }])
  })

  it('is the same number in the end, route by route', async () => {
    expect(runs).toHaveLength(3)
    const { routes } = await ask<Stats>(`${gateway.url}/stats`)
    expect(countedBy(routes)).toEqual(sentBy(runs))
  })
})

type Counts = { received: number; ok: number; failed: number }
type Stats = { readonly routes: Record<string, { received: number; answered: Record<string, number> }> }

/** Without those of `serve()`, which asks until it is ready, and the one that asks for this. */
function countedBy(routes: Stats['routes']): Record<string, Counts> {
  const { 'GET /ready': _, 'GET /stats': __, ...loaded } = routes
  return Object.fromEntries(
    Object.entries(loaded).map(([route, { received, answered }]) => {
      const sum = (accept: (status: number) => boolean) =>
        Object.entries(answered).reduce((total, [status, count]) => total + (accept(Number(status)) ? count : 0), 0)
      return [route, { received, ok: sum((status) => status < 400), failed: sum((status) => status >= 400) }]
    }),
  )
}

/** Warm-up is in no number of a run, but it has been sent. */
function sentBy(runs: readonly Run[]): Record<string, Counts> {
  const sum: Record<string, Counts> = {}
  for (const { name, iterations } of runs.flatMap(({ data }) => [...data.lanes, ...data.warmup.lanes])) {
    sum[name] ??= { received: 0, ok: 0, failed: 0 }
    sum[name].received += iterations.scheduled - iterations.dropped
    sum[name].ok += iterations.ok
    sum[name].failed += iterations.failed
  }
  return sum
}
