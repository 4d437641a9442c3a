// The jobs of the example service: workers that fail, leave and are lost, and who hears of what they do.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Ask,
  ask,
  eventually,
  isOver,
  type Job,
  jobOf,
  newSchema,
  openSocket,
  orderImage,
  other,
  sql,
  startApp,
  startProgram,
  untilOver,
  useGateway,
} from '../support/gateway-instances.ts'

useGateway()

describe('image jobs', () => {
  it('are done by a worker, and every instance tells how they go on', async () => {
    const id = await orderImage({ source: 'harbour.png', passes: 20, width: 512, height: 512 })
    const sockets = await Promise.all([openSocket(ask), openSocket(other)])
    for (const { say } of sockets) say({ subscribe: id })
    for (const { heard, until } of sockets) {
      await until(({ job }) => isOver(job))
      const jobs: Job[] = heard.map(({ job }) => job)
      const revisions = jobs.map(({ revision }) => revision)
      expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b))
      const progress = jobs.map((job) => job.progress)
      expect(progress).toEqual([...progress].sort((a, b) => a - b))
      expect(jobs.at(-1)).toEqual(await jobOf(id))
    }
    const job = await jobOf(id)
    expect(job).toMatchObject({ state: 'done', progress: 100, attempts: 1, worker: expect.stringMatching(/^worker-/) })
    const again = await untilOver(await orderImage({ source: 'harbour.png', passes: 20, width: 512, height: 512 }))
    expect(again.result).toEqual(job.result)
  })

  it('tell who comes late how it ended', async () => {
    const id = await orderImage({ source: 'late.png' })
    const job = await untilOver(id)
    const { say, until } = await openSocket(other)
    say({ subscribe: id })
    expect(await until(({ job }) => job)).toEqual({ job })
  })

  it('that fail are tried again after a pause, and are dead after the last attempt', async () => {
    const [flaky, broken] = [await orderImage({ source: 'flaky.png' }), await orderImage({ source: 'broken.png' })]
    const { say, heard, until } = await openSocket(ask)
    say({ subscribe: broken })
    expect(await untilOver(flaky)).toMatchObject({ state: 'done', attempts: 2, error: null })
    await until(({ job }) => isOver(job))
    const last = heard.at(-1).job
    expect(last).toMatchObject({
      state: 'dead',
      attempts: 3,
      error: "cannot read the image 'broken.png'",
      result: null,
    })
    expect(heard.some(({ job }) => job.state === 'waiting')).toBe(true)
    const left = await sql.query("select from job where data->>'jobId' = $1", [broken])
    expect(left.rowCount).toBe(0)
  })

  it('come in batches', async () => {
    const images = Array.from({ length: 20 }, (_, n) => ({ source: n === 7 ? 'broken' : `image-${n}` }))
    const { status, body, headers } = await ask('/api/batches', { json: { images } })
    expect([status, headers.get('location'), body.jobIds.length]).toEqual([202, `/api/batches/${body.id}`, 20])
    const batch = await eventually(
      async () => (await other(`/api/batches/${body.id}`)).body,
      ({ done, dead }) => done + dead === 20,
    )
    expect(batch).toEqual({ id: body.id, total: 20, done: 19, dead: 1, queued: 0, running: 0, waiting: 0 })
    const jobs = await Promise.all(body.jobIds.map(jobOf))
    expect(jobs.map(({ source, batchId }) => [source, batchId])).toEqual(images.map(({ source }) => [source, body.id]))
    expect(jobs.filter(({ state, attempts }) => state === 'done' && attempts === 1)).toHaveLength(19)
  })

  it('refuse what cannot be', async () => {
    for (const json of [
      {},
      { source: '' },
      { source: 'a', width: 0 },
      { source: 'a', passes: 501 },
      { source: 'a\0' },
    ]) {
      expect((await ask('/api/images', { json })).status).toBe(400)
    }
    expect((await ask('/api/batches', { json: { images: [] } })).status).toBe(400)
    for (const path of ['/api/images', '/api/batches']) {
      expect((await ask(`${path}/${randomUUID()}`)).status).toBe(404)
      expect((await ask(`${path}/7`)).status).toBe(400)
    }
  })
})

describe('sockets', () => {
  it('answer what they understand, and say what they would', async () => {
    const { socket, say, heard, until } = await openSocket(ask)
    say({ ping: { at: 7 } })
    socket.send('hello')
    const id = randomUUID()
    say({ subscribe: id })
    await until(({ subscribe }) => subscribe)
    expect(heard).toEqual([
      { pong: { at: 7 } },
      { error: 'expected {"subscribe":"<job id>"} or {"ping":<anything>}' },
      { error: 'no such job', subscribe: id },
    ])
  })

  it('are for this origin, and for so many', async () => {
    const full = await startApp({ MAX_SOCKETS: '1' })
    await openSocket(full, { origin: full.url })
    await expect(openSocket(full)).rejects.toThrow('503')
    await expect(openSocket(full, { origin: 'http://evil.example' })).rejects.toThrow('403')
    const { body } = await full('/stats')
    expect(body.webSocketsOpen).toBe(1)
    expect(body.routes['GET /ws']).toEqual({ received: 3, answered: { 101: 1, 403: 1, 503: 1 } })
  })

  it('are not kept when their client has gone', async () => {
    const at = await startApp()
    const counts = async () => {
      const { webSocketsOpen, jobsWatched } = (await at('/stats')).body
      return [webSocketsOpen, jobsWatched]
    }
    const id = randomUUID() // without an entry in the queue nobody ever does it
    await sql.query("insert into image_jobs (id, source, width, height, passes) values ($1, 'never.png', 1, 1, 1)", [
      id,
    ])
    const sockets = await Promise.all([openSocket(at), openSocket(at)])
    for (const { say } of sockets) say({ subscribe: id })
    for (const { until } of sockets) await until(({ job }) => job)
    expect(await counts()).toEqual([2, 1])
    sockets[0].socket.terminate()
    sockets[1].socket.close()
    await eventually(counts, (now) => now.join() === '0,0')
  })
})

describe('workers', () => {
  // In a schema of its own, so that the other worker does not take the jobs.
  let env: Record<string, string>
  const long = { source: 'long.png', width: 512, height: 512, passes: 300 }
  let at: Ask

  beforeAll(async () => {
    env = { DATABASE_SCHEMA: newSchema(), JOB_TIMEOUT: '3000' }
    at = await startApp(env)
  })

  const read = async (id: string): Promise<Job> => (await at(`/api/images/${id}`)).body
  const until = (id: string, accept: (job: Job) => boolean) => eventually(() => read(id), accept)

  it('give back what they are at when they leave, and are replaced when they are lost', async () => {
    const first = await startProgram('worker', env)
    const id = await orderImage(long, at)
    await until(id, ({ progress }) => progress >= 10)
    const left = once(first, 'exit')
    first.kill('SIGTERM')
    expect(await left).toEqual([0, null])
    expect(await read(id)).toMatchObject({ state: 'queued', attempts: 0, progress: 0 })

    const second = await startProgram('worker', env)
    await until(id, ({ progress }) => progress >= 10)
    second.kill('SIGSTOP')
    const third = await startProgram('worker', env)
    const { say, heard, until: hear } = await openSocket(at)
    await until(id, ({ attempts }) => attempts === 2)
    say({ subscribe: id })
    second.kill('SIGCONT') // and goes on with what is not its job any more
    const { job } = await hear(({ job }) => isOver(job))
    expect(job).toMatchObject({ state: 'done', attempts: 2, worker: `worker-${third.pid}` })
    const progress = heard.map(({ job }) => job.progress)
    expect(progress).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100].slice(-progress.length))
  })
})
