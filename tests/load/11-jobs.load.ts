// What a service promises beyond its answers: a job that was accepted is done, once, and the user learns of it.
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load, type TaskContext } from 'vitest-load'
import { ask } from './ask.ts'
import { type Gateway, startGateway } from './gateway.ts'

describe('image jobs', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway({ workers: 2 })
    return gateway.stop
  })

  it('are all done soon, every one that was accepted', async () => {
    const newJob = http.post(`${gateway.url}/api/images`, { json: (i) => ({ source: `${i}.png` }), expect: 202 })
    const run = await load(newJob, { rate: 40, duration: '2s' })
    expect(run).toHaveNoErrors()
    await expect.poll(() => jobs('done'), { timeout: 10_000 }).toBe(run.iterations.ok)
  })

  it('come in batches too, whose users wait until all of it is done', async () => {
    const run = await load(orderBatch, { vus: 4, iterationsPerVu: 3, timeout: '5s' })
    expect(run).toHaveNoErrors()
    expect(run).toMeet({ checks: 1 })
  })

  async function orderBatch({ iteration, signal, check }: TaskContext) {
    const images = Array.from({ length: 10 }, (_, n) => ({ source: `batch ${iteration}, ${n}.png` }))
    const { id } = await ask<{ id: string }>(`${gateway.url}/api/batches`, { json: { images }, signal })
    let batch: { done: number; dead: number }
    do {
      await sleep(50, undefined, { signal })
      batch = await ask(`${gateway.url}/api/batches/${id}`, { signal })
    } while (batch.done + batch.dead < images.length)
    check('all ten are done', batch.done === images.length)
  }

  const jobs = async (state: string) => {
    const { rowCount } = await gateway.sql.query('select from image_jobs where state = $1', [state])
    return rowCount
  }
})
