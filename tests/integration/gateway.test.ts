// The example service: every route, every refusal, bounded memory, and a real process that leaves gracefully.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AppOptions, buildApp } from '../../examples/gateway/src/app.ts'

type OpenSession = { id: string; token: string; expiresAt: string }

let app: FastifyInstance

beforeEach(() => {
  app = buildApp()
})

afterEach(() => app.close())

async function rebuild(options: AppOptions): Promise<void> {
  await app.close()
  app = buildApp(options)
}

async function openSession(): Promise<OpenSession> {
  const answer = await app.inject({ method: 'POST', url: '/api/sessions', payload: { apiKey: 'k-1' } })
  expect(answer.statusCode).toBe(201)
  return answer.json()
}

function bearer({ token }: { token: string }): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}

function post(session: OpenSession, text: string) {
  const url = `/api/sessions/${session.id}/messages`
  return app.inject({ method: 'POST', url, headers: bearer(session), payload: { text } })
}

async function seqs(session: OpenSession, query = ''): Promise<number[]> {
  const url = `/api/sessions/${session.id}/messages${query}`
  const answer = await app.inject({ url, headers: bearer(session) })
  return answer.json().map((message: { seq: number }) => message.seq)
}

async function stats() {
  return (await app.inject('/api/stats')).json()
}

describe('GET /health', () => {
  it('says ok', async () => {
    const answer = await app.inject('/health')
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ status: 'ok' })
  })
})

describe('POST /api/sessions', () => {
  it('opens a session with an id, a token and an end of its own', async () => {
    await rebuild({ now: () => Date.UTC(2026, 0, 1), sessionLifetime: 60_000 })
    const [first, second] = [await openSession(), await openSession()]
    expect(Object.keys(first).sort()).toEqual(['expiresAt', 'id', 'token'])
    expect(first.expiresAt).toBe('2026-01-01T00:01:00.000Z')
    expect(first.id).not.toBe(second.id)
    expect(first.token).not.toBe(second.token)
  })

  it.each([
    ['no key', {}, /apiKey/],
    ['an empty key', { apiKey: '' }, /apiKey/],
    ['a key that is no string', { apiKey: 7 }, /apiKey/],
    ['a key too long', { apiKey: 'k'.repeat(129) }, /apiKey/],
    ['an unknown property', { apiKey: 'k', admin: true }, /additional/],
    ['an array', [], /object/],
  ])('refuses %s with 400 and a reason', async (_what, payload, reason) => {
    const answer = await app.inject({ method: 'POST', url: '/api/sessions', payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({
      statusCode: 400,
      error: 'Bad Request',
      message: expect.stringMatching(reason),
    })
  })

  it.each([
    ['broken JSON', 400, 'application/json', '{"apiKey":'],
    ['another content type', 415, 'application/xml', '<apiKey/>'],
    ['a body too large', 413, 'application/json', JSON.stringify({ apiKey: 'k'.repeat(70_000) })],
  ])('refuses %s with %i', async (_what, statusCode, contentType, payload) => {
    const headers = { 'content-type': contentType }
    const answer = await app.inject({ method: 'POST', url: '/api/sessions', headers, payload })
    expect(answer.statusCode).toBe(statusCode)
  })
})

describe('GET and DELETE /api/sessions/:id', () => {
  it('shows the session to the holder of its token, without the token', async () => {
    const session = await openSession()
    const answer = await app.inject({ url: `/api/sessions/${session.id}`, headers: bearer(session) })
    expect(answer.statusCode).toBe(200)
    expect(answer.json()).toEqual({ id: session.id, createdAt: expect.any(String), expiresAt: session.expiresAt })
  })

  it('ends the session and forgets its messages', async () => {
    const session = await openSession()
    await post(session, 'hello')
    const answer = await app.inject({ method: 'DELETE', url: `/api/sessions/${session.id}`, headers: bearer(session) })
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
    const after = await app.inject({ url: `/api/sessions/${session.id}`, headers: bearer(session) })
    expect(after.statusCode).toBe(404)
    expect(await stats()).toMatchObject({ sessionsOpen: 0, messagesStored: 0 })
  })
})

describe('a guarded route', () => {
  const routes = [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/messages'],
    ['GET', '/messages'],
  ] as const

  it.each(routes)('%s /api/sessions/:id%s refuses all but the token of its session', async (method, rest) => {
    const [mine, other] = [await openSession(), await openSession()]
    const payload = method === 'POST' ? { text: 'hello' } : undefined
    const ask = (id: string, headers: Record<string, string>) =>
      app.inject({ method, url: `/api/sessions/${id}${rest}`, headers, payload })

    for (const headers of [{}, { authorization: mine.token }, { authorization: 'Bearer ' }, bearer(other)]) {
      const answer = await ask(mine.id, headers as Record<string, string>)
      expect(answer.statusCode).toBe(401)
      expect(answer.headers['www-authenticate']).toBe('Bearer')
      expect(answer.json()).toMatchObject({ statusCode: 401, error: 'Unauthorized', message: expect.any(String) })
    }
    const unknown = await ask('nobody', bearer(mine))
    expect(unknown.statusCode).toBe(404)
    expect(unknown.json()).toMatchObject({ statusCode: 404, message: 'no such session' })
    expect(await stats()).toMatchObject({ sessionsOpen: 2, messagesStored: 0 })
  })

  it('asks for the token before it looks at the body', async () => {
    const { id } = await openSession()
    const answer = await app.inject({ method: 'POST', url: `/api/sessions/${id}/messages`, payload: {} })
    expect(answer.statusCode).toBe(401)
  })
})

describe('messages', () => {
  it('are numbered per session and read back in order', async () => {
    const [session, other] = [await openSession(), await openSession()]
    const first = await post(session, 'one')
    expect(first.statusCode).toBe(201)
    expect(first.json()).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), seq: 1 })
    expect((await post(session, 'two')).json().seq).toBe(2)
    expect((await post(other, 'elsewhere')).json().seq).toBe(1)

    const list = await app.inject({ url: `/api/sessions/${session.id}/messages`, headers: bearer(session) })
    expect(list.statusCode).toBe(200)
    expect(list.json()).toEqual([
      { id: first.json().id, seq: 1, text: 'one', createdAt: expect.any(String) },
      expect.objectContaining({ seq: 2, text: 'two' }),
    ])
    expect(await seqs(session, '?after=1')).toEqual([2])
    expect(await seqs(session, '?after=2')).toEqual([])
  })

  it('come in pages of 100', async () => {
    const session = await openSession()
    for (let n = 0; n < 103; n++) await post(session, `message ${n}`)
    expect((await seqs(session)).length).toBe(100)
    expect(await seqs(session, '?after=100')).toEqual([101, 102, 103])
  })

  it.each([{}, { text: '' }, { text: 5 }, { text: 'x'.repeat(2_001) }, { text: 'x', seq: 9 }])(
    'refuses %j with 400',
    async (payload) => {
      const session = await openSession()
      const url = `/api/sessions/${session.id}/messages`
      const answer = await app.inject({ method: 'POST', url, headers: bearer(session), payload })
      expect(answer.statusCode).toBe(400)
      expect((await stats()).messagesStored).toBe(0)
    },
  )

  it.each(['?after=-1', '?after=last', '?after=', '?before=3'])('refuses the query %s with 400', async (query) => {
    const session = await openSession()
    const url = `/api/sessions/${session.id}/messages${query}`
    expect((await app.inject({ url, headers: bearer(session) })).statusCode).toBe(400)
  })
})

describe('memory', () => {
  it('lets a session go when its time is over, with its messages', async () => {
    let clock = 0
    await rebuild({ now: () => clock, sessionLifetime: 1_000 })
    const early = await openSession()
    await post(early, 'hello')
    clock = 600
    const late = await openSession()
    clock = 999
    expect(await stats()).toMatchObject({ sessionsOpen: 2, messagesStored: 1 })
    clock = 1_000
    expect((await post(early, 'too late')).statusCode).toBe(404)
    expect((await post(late, 'in time')).statusCode).toBe(201)
    expect(await stats()).toMatchObject({ sessionsOpen: 1, messagesStored: 1 })
    clock = 1_600
    expect(await stats()).toMatchObject({ sessionsOpen: 0, messagesStored: 0 })
  })

  it('keeps the newest sessions, and the messages of no other', async () => {
    await rebuild({ capacity: 3 })
    const sessions = [await openSession(), await openSession()]
    for (const session of sessions) await post(session, 'hello')
    for (let n = 0; n < 2; n++) sessions.push(await openSession())
    expect(await stats()).toMatchObject({ sessionsOpen: 3, messagesStored: 1 })
    const answers = await Promise.all(sessions.map((session) => post(session, 'still there?')))
    expect(answers.map((answer) => answer.statusCode)).toEqual([404, 201, 201, 201])
  })

  it('keeps the newest messages of all sessions, numbers going on', async () => {
    await rebuild({ capacity: 4 })
    const [one, two] = [await openSession(), await openSession()]
    for (const session of [one, one, two, one, two, one]) await post(session, 'hello')
    expect(await seqs(one)).toEqual([3, 4])
    expect(await seqs(two)).toEqual([1, 2])
    expect((await stats()).messagesStored).toBe(4)
    for (let n = 0; n < 4; n++) await post(two, 'more')
    expect(await seqs(one)).toEqual([])
    expect(await seqs(two)).toEqual([3, 4, 5, 6])
    expect((await post(one, 'back')).json().seq).toBe(5)
  })
})

describe('POST /webhooks/payments', () => {
  const event = JSON.stringify({ id: 'evt-1', type: 'payment.settled', amount: 1250 })
  const sign = (body: string, secret = 'dev-secret') => createHmac('sha256', secret).update(body).digest('hex')

  function deliver(body: string, signature?: string) {
    const headers = { 'content-type': 'application/json', ...(signature !== undefined && { 'x-signature': signature }) }
    return app.inject({ method: 'POST', url: '/webhooks/payments', headers, payload: body })
  }

  it('takes an event once', async () => {
    const answers = [await deliver(event, sign(event)), await deliver(event, sign(event))]
    expect(answers.map((answer) => [answer.statusCode, answer.json()])).toEqual([
      [202, { received: true }],
      [200, { duplicate: true }],
    ])
  })

  it('checks the signature over the bytes as they were sent', async () => {
    const spaced = '{ "type": "payment.settled",\n  "id": "evt-é" }'
    expect((await deliver(spaced, sign(spaced))).statusCode).toBe(202)
  })

  it.each([
    ['no signature', event, undefined],
    ['the signature of another body', event, sign(`${event} `)],
    ['the signature of another secret', event, sign(event, 'guess')],
    ['a signature of another length', event, 'abc'],
    ['a wrong signature of a bad body', '{}', 'abc'],
  ])('refuses %s with 401 and does not count the event as seen', async (_what, body, signature) => {
    const answer = await deliver(body, signature)
    expect(answer.statusCode).toBe(401)
    expect(answer.json()).toMatchObject({ statusCode: 401, message: expect.stringMatching(/x-signature/) })
    expect((await deliver(event, sign(event))).statusCode).toBe(202)
  })

  it.each(['{}', '{"id":"evt-1"}', '{"id":7,"type":"t"}', '{"id":', ''])(
    'refuses the signed body %j with 400',
    async (body) => {
      expect((await deliver(body, sign(body))).statusCode).toBe(400)
    },
  )

  it('takes JSON only', async () => {
    const headers = { 'content-type': 'text/plain', 'x-signature': sign(event) }
    const answer = await app.inject({ method: 'POST', url: '/webhooks/payments', headers, payload: event })
    expect(answer.statusCode).toBe(415)
  })

  it('uses the secret it was given, and remembers as many events as it may keep', async () => {
    await rebuild({ webhookSecret: 'other', capacity: 2 })
    expect((await deliver(event, sign(event))).statusCode).toBe(401)
    const statuses: number[] = []
    for (const id of ['a', 'b', 'b', 'c', 'a']) {
      const body = JSON.stringify({ id, type: 't' })
      statuses.push((await deliver(body, sign(body, 'other'))).statusCode)
    }
    expect(statuses).toEqual([202, 202, 200, 202, 202])
  })
})

describe('GET /api/stats', () => {
  it('counts requests received and answers given, per route and status', async () => {
    const session = await openSession()
    await app.inject({ method: 'POST', url: '/api/sessions', payload: {} })
    await app.inject({ url: `/api/sessions/${session.id}`, headers: bearer(session) })
    await app.inject(`/api/sessions/${session.id}`)
    await app.inject('/nowhere')
    await app.inject('/nowhere/else')
    await app.inject('/api/stats')
    expect(await stats()).toEqual({
      routes: {
        'POST /api/sessions': { received: 2, answered: { 201: 1, 400: 1 } },
        'GET /api/sessions/:id': { received: 2, answered: { 200: 1, 401: 1 } },
        'no route': { received: 2, answered: { 404: 2 } },
        'GET /api/stats': { received: 2, answered: { 200: 1 } },
      },
      sessionsOpen: 1,
      messagesStored: 0,
    })
  })
})

describe('the process', () => {
  const entry = fileURLToPath(new URL('../../examples/gateway/src/server.ts', import.meta.url))
  let child: ChildProcessByStdio<null, Readable, Readable>

  function start(env: Record<string, string>): void {
    child = spawn(process.execPath, [entry], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  afterEach(() => {
    child.kill('SIGKILL')
  })

  it('finishes what is in flight after SIGTERM, then leaves with 0', async () => {
    start({ PORT: '0', LOG: '' })
    const exited = once(child, 'exit')
    const lines = createInterface(child.stdout)
    const [line] = await once(lines, 'line')
    const port = Number(/^gateway listens on http:\/\/127\.0\.0\.1:(\d+)$/.exec(line)?.[1])
    const further = text(child.stdout)
    expect(await (await fetch(`http://127.0.0.1:${port}/health`)).json()).toEqual({ status: 'ok' })

    const body = '{"apiKey":"k-1"}'
    const slow = await halfSent({ port, path: '/api/sessions', body })
    child.kill('SIGTERM')
    await untilRefused(port)
    slow.end(body.slice(4))
    const [answer] = (await once(slow, 'response')) as [IncomingMessage]
    expect(answer.statusCode).toBe(201)
    expect(JSON.parse(await text(answer))).toHaveProperty('token')
    expect(await exited).toEqual([0, null])
    expect(await further).toBe('')
  })

  it('logs requests when asked to', async () => {
    start({ PORT: '0', LOG: '1' })
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const next = async () => (await lines.next()).value as string
    let line = await next()
    while (!line.startsWith('gateway')) line = await next()
    await fetch(`${line.split(' ').at(-1)}/health?from=test`)
    // The log of the start may come before or after that line.
    let entry = JSON.parse(await next())
    if (entry.msg.startsWith('Server listening')) entry = JSON.parse(await next())
    expect(entry).toMatchObject({ msg: 'incoming request', req: { url: '/health?from=test' } })
  })

  it('refuses a PORT that is none', async () => {
    start({ PORT: '80a' })
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
    expect(said.trim()).toBe("PORT: expected a whole number from 0 to 65535, got '80a'")
    expect(code).toBe(1)
  })
})

// The server is known to be inside this request when it says 100 Continue.
async function halfSent({ port, path, body }: { port: number; path: string; body: string }): Promise<ClientRequest> {
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' }
  const sending = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false })
  sending.flushHeaders()
  await once(sending, 'continue')
  sending.write(body.slice(0, 4))
  return sending
}

async function untilRefused(port: number): Promise<void> {
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
