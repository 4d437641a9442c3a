// The example service when it is full, cut off, started and told to leave.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openDatabase } from '../../examples/gateway/src/database.ts'
import {
  type Ask,
  addClient,
  askOf,
  cleanups,
  database,
  eventually,
  isOver,
  newSchema,
  openSession,
  openSocket,
  orderImage,
  run,
  sql,
  startApp,
  startProgram,
  untilOver,
  useGateway,
} from '../support/gateway-instances.ts'

useGateway()

it('has no defect when the database closes a connection of a pool that ends, but when that was idle', async () => {
  const told: string[] = []
  const settings = { url: database.url, schema: undefined, poolSize: 2, poolWait: 5000, name: 'idle' }
  const pool = await openDatabase({ ...settings, onError: ({ message }) => told.push(message) })
  const [first, second] = await Promise.all([pool.pool.connect(), pool.pool.connect()])
  first.release()
  second.release()
  first.emit('error', new Error('lost while idle'))
  const closed = pool.close()
  second.emit('error', new Error('closed by the database first'))
  await closed
  expect(told).toEqual(['lost while idle'])
})

describe('refusals', () => {
  const refused = (statusCode: number, message: string | RegExp, retryAfter: number) => ({
    statusCode,
    error: statusCode === 429 ? 'Too Many Requests' : 'Service Unavailable',
    message: expect.stringMatching(message),
    retryAfter,
  })

  it('429: a session, or a key, that asks too often', async () => {
    const slow = await startApp({ RATE_LIMIT: '3' })
    const key = randomUUID()
    const opened = await Promise.all([1, 2, 3, 4, 5].map(() => slow('/api/sessions', { json: { apiKey: key } })))
    const late = opened.filter(({ status }) => status === 429)
    expect(late.length).toBeGreaterThanOrEqual(1)
    expect(late[0]?.body).toEqual(refused(429, 'more than 3 requests a second', 1))
    expect(late[0]?.headers.get('retry-after')).toBe('1')
    const [one, two] = [await openSession(slow), await openSession(slow)]
    const post = (session: typeof one) => slow(`${session.path}/messages`, { ...session, json: { text: 'hi' } })
    const posted = await Promise.all([1, 2, 3, 4, 5, 6].map(() => post(one)))
    expect(posted.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(1)
    expect((await post(two)).status).toBe(201)
  })

  it('503: more requests at once than it takes, but for questions about itself', async () => {
    const small = await startApp({ MAX_REQUESTS: '1' })
    const slow = await halfSent(small, '{"apiKey":"k"}')
    const { status, body, headers } = await small('/api/clients')
    expect([status, body, headers.get('retry-after')]).toEqual([503, refused(503, '1 requests are under way', 1), '1'])
    for (const path of ['/health', '/ready', '/stats', '/metrics']) expect((await small(path)).status).toBe(200)
    slow.destroy() // a client that has gone makes room too
    await eventually(
      () => small('/api/clients'),
      ({ status }) => status === 200,
    )
  })

  it('503: a queue that is full', async () => {
    const full = await startApp({ MAX_QUEUED: '0' })
    for (const [path, json] of [
      ['/api/images', { source: 'a' }],
      ['/api/batches', { images: [{ source: 'a' }] }],
    ] as const) {
      expect((await full(path, { json })).body).toEqual(refused(503, 'the queue is full', 5))
    }
  })

  it('503: every connection of the pool in use', async () => {
    const narrow = await startApp({ DATABASE_POOL: '2', DATABASE_WAIT: '700' })
    const client = await addClient()
    const holder = await sql.connect()
    await holder.query('begin')
    await holder.query('select from clients where id = $1 for update', [client.id])
    const change = () => narrow(client.path, { method: 'PATCH', json: { name: 'later' } })
    const stuck = [change(), change()]
    await eventually(
      () => narrow('/metrics'),
      ({ body }) => /gateway_pool_connections\{state="in_use"\} 2/.test(body),
    )
    const { status, body } = await narrow('/api/clients')
    expect([status, body]).toEqual([503, refused(503, 'every connection to the database is in use', 1)])
    await holder.query('commit')
    holder.release()
    expect((await Promise.all(stuck)).map((answer) => answer.status)).toEqual([200, 200])
    expect((await narrow('/api/clients')).status).toBe(200)
  })

  it('503: a database that is away; everything comes back with it', async () => {
    const line = await openLine()
    const errors: Error[] = []
    const at = await startApp({ DATABASE_URL: line.through(database.url) }, (error) => errors.push(error))
    const { say, until } = await openSocket(at)
    const id = await orderImage({ source: 'flaky', passes: 500, width: 512, height: 512 })
    say({ subscribe: id })
    await until(({ job }) => job)
    line.cut()
    for (const path of ['/ready', '/api/clients']) {
      expect((await at(path)).body).toEqual(refused(503, 'the database cannot be reached', 1))
    }
    expect((await at('/health')).status).toBe(200)
    expect((await at('/metrics')).body).not.toMatch(/gateway_queue_jobs\{/)
    await untilOver(id)
    await line.mend()
    await until(({ job }) => job && isOver(job)) // what was missed is told
    expect((await at('/ready')).status).toBe(200)
    expect(errors.length).toBeGreaterThan(0)
  })
})

describe.concurrent('the processes', () => {
  it('start together on an empty schema, and side by side', async () => {
    const schema = newSchema()
    const env = { DATABASE_SCHEMA: schema }
    const [one, two] = await Promise.all([
      startProgram('server', env),
      startProgram('server', env),
      startProgram('worker', env),
    ])
    const [first, second] = [askOf(one), askOf(two)]
    const id = await orderImage({ source: 'shared.png' }, first)
    await eventually(
      async () => (await second(`/api/images/${id}`)).body,
      ({ state }) => state === 'done',
    )
    const versions = await sql.query(`select version from ${schema}.migrations order by version`)
    expect(versions.rows).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }])
  })

  it('finish what is in flight after SIGTERM, say goodbye to sockets, and leave with 0', async () => {
    const program = await startProgram('server')
    const at = askOf(program)
    const exited = once(program, 'exit')
    const { socket } = await openSocket(at)
    const closed = once(socket, 'close')
    const body = '{"apiKey":"k-1"}'
    const slow = await halfSent(at, body)
    program.kill('SIGTERM')
    expect((await closed)[0]).toBe(1001)
    await untilRefused(at)
    slow.end(body.slice(4))
    const [answer] = (await once(slow, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(201)
    expect(JSON.parse(await text(answer))).toHaveProperty('token')
    expect(await exited).toEqual([0, null])
  })

  it.each([
    ['server', { PORT: '80a', DATABASE_URL: '' }, /^PORT: expected .*\nDATABASE_URL: expected .* got nothing\n$/],
    ['worker', { DATABASE_URL: '' }, /^DATABASE_URL: expected .* got nothing\n$/],
    ['server', { DATABASE_URL: 'postgres://127.0.0.1:1/x' }, /^cannot start: connect ECONNREFUSED 127\.0\.0\.1:1\n$/],
  ] as const)('%s with %j does not start, and says why', async (name, env, reason) => {
    const program = run(name, env)
    const [said, [code]] = await Promise.all([text(program.stderr), once(program, 'exit')])
    expect(said).toMatch(reason)
    expect(code).toBe(1)
  })
})

// The server is known to be inside this request when it says 100 Continue.
async function halfSent({ url }: Ask, body: string): Promise<ClientRequest> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' }
  const sending = request(`${url}/api/sessions`, { method: 'POST', headers, agent: false })
  sending.on('error', () => {})
  sending.flushHeaders()
  await once(sending, 'continue')
  sending.write(body.slice(0, 4))
  return sending
}

async function untilRefused({ url }: Ask): Promise<void> {
  const port = Number(new URL(url).port)
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    const refused = await once(socket, 'connect').then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    )
    socket.destroy()
    if (refused) return
    await sleep(10)
  }
}

/** A line to the database that can be cut and mended. */
async function openLine() {
  const to = new URL(database.url)
  const sockets = new Set<Socket>()
  let server: Server
  let port = 0
  const mend = async () => {
    server = createServer((near) => {
      const far = connect(Number(to.port), to.hostname)
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => [near, far].map((end) => end.destroy()))
      }
      near.pipe(far).pipe(near)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  await mend()
  cleanups.push(cut)
  const through = (url: string) => Object.assign(new URL(url), { host: `127.0.0.1:${port}` }).href
  return { cut, mend, through }
}
