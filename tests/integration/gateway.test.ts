// The routes of the example service against a real PostgreSQL, over two instances.
import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  type Answer,
  addClient,
  ask,
  eventually,
  newSchema,
  openSession,
  openSocket,
  other,
  sql,
  startApp,
  untilOver,
  useGateway,
} from '../support/gateway-instances.ts'

useGateway()

describe('sessions', () => {
  it('are opened, shown without their token, and ended', async () => {
    const [session, second] = [await openSession(), await openSession()]
    expect(session.id).not.toBe(second.id)
    expect(session.token).not.toBe(second.token)
    const shown = await other(session.path, session)
    expect(shown.body).toEqual({ id: session.id, createdAt: expect.any(String), expiresAt: session.expiresAt })
    expect(Date.parse(shown.body.expiresAt) - Date.parse(shown.body.createdAt)).toBe(15 * 60_000)
    const { rows } = await sql.query('select * from sessions where id = $1', [session.id])
    expect(JSON.stringify(rows)).not.toContain(session.token)
    await ask(`${session.path}/messages`, { ...session, json: { text: 'hello' } })
    expect((await ask(session.path, { method: 'DELETE', headers: session.headers })).status).toBe(204)
    expect((await ask(session.path, session)).status).toBe(404)
    expect((await sql.query('select from messages where session_id = $1', [session.id])).rowCount).toBe(0)
  })

  it.each([
    ['no key', {}, /apiKey/],
    ['an empty key', { apiKey: '' }, /apiKey/],
    ['a key that is no string', { apiKey: 7 }, /apiKey/],
    ['an unknown property', { apiKey: 'k', admin: true }, /additional/],
  ])('refuse %s with 400 and a reason', async (_what, json, reason) => {
    const { status, body } = await ask('/api/sessions', { json })
    expect(status).toBe(400)
    expect(body).toEqual({ statusCode: 400, error: 'Bad Request', message: expect.stringMatching(reason) })
  })

  it.each([
    ['broken JSON', 400, 'application/json', '{"apiKey":'],
    ['another content type', 415, 'application/xml', '<apiKey/>'],
    ['a body too large', 413, 'application/json', JSON.stringify({ apiKey: 'k'.repeat(70_000) })],
  ])('refuse %s with %i', async (_what, status, type, body) => {
    expect((await ask('/api/sessions', { body, headers: { 'content-type': type } })).status).toBe(status)
  })

  it.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/messages'],
    ['GET', '/messages'],
  ])('%s :id%s needs the token of that session', async (method, rest) => {
    const [mine, stranger] = [await openSession(), await openSession()]
    const call = (path: string, headers = {}) =>
      ask(`${path}${rest}`, { method, headers, ...(method === 'POST' && { json: {} }) })
    for (const headers of [{}, { authorization: mine.token }, stranger.headers]) {
      const { status, headers: given, body } = await call(mine.path, headers)
      expect([status, given.get('www-authenticate')]).toEqual([401, 'Bearer'])
      expect(body).toMatchObject({ statusCode: 401, message: expect.any(String) })
    }
    for (const id of ['nobody', randomUUID()]) {
      expect((await call(`/api/sessions/${id}`, mine.headers)).status).toBe(404)
    }
    expect((await ask(mine.path, mine)).status).toBe(200)
  })

  it('end when their time is over', async () => {
    const session = await openSession(await startApp({ SESSION_LIFETIME: '1' }))
    await sleep(2)
    expect((await ask(session.path, session)).status).toBe(404)
  })
})

describe('messages', () => {
  it('are numbered without gaps, however many come at once and wherever', async () => {
    const session = await openSession()
    const path = `${session.path}/messages`
    const posted = await Promise.all(
      Array.from({ length: 30 }, (_, n) => [ask, other][n % 2]?.(path, { ...session, json: { text: `message ${n}` } })),
    )
    const seqs = posted.map((answer) => answer?.body.seq).sort((a, b) => a - b)
    expect(seqs).toEqual(Array.from({ length: 30 }, (_, n) => n + 1))
    const listed = await ask(path, session)
    expect(listed.body.map(({ seq }: { seq: number }) => seq)).toEqual(seqs)
    const last = await ask(`${path}?after=29`, session)
    expect(last.body).toEqual([
      { id: expect.any(String), seq: 30, text: expect.stringMatching(/^message/), createdAt: expect.any(String) },
    ])
  })

  it.each([{}, { text: '' }, { text: 5 }, { text: 'x'.repeat(2_001) }, { text: 'a\0b' }])(
    'refuse %j with 400',
    async (json) => {
      const session = await openSession()
      expect((await ask(`${session.path}/messages`, { ...session, json })).status).toBe(400)
    },
  )
})

describe('webhooks', () => {
  const sign = (body: string, secret = 'dev-secret') => createHmac('sha256', secret).update(body).digest('hex')
  const deliver = (body: string, signature?: string, at = ask) =>
    at('/webhooks/payments', {
      body,
      headers: { 'content-type': 'application/json', ...(signature !== undefined && { 'x-signature': signature }) },
    })
  const event = () => `{ "type": "payment.settled",\n "id": "evt-é-${randomUUID()}" }`

  it('take an event once, however often and wherever it comes at the same time', async () => {
    const body = event()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => deliver(body, sign(body), [ask, other][n % 2])),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 202])
    expect(answers.filter(({ body }) => body.received)).toHaveLength(1)
    expect(answers.filter(({ body }) => body.duplicate)).toHaveLength(19)
  })

  it('refuse a wrong signature with 401, and do not take the event for seen', async () => {
    const body = event()
    for (const signature of [undefined, sign(`${body} `), sign(body, 'guess'), 'abc']) {
      const answer = await deliver(body, signature)
      expect(answer.status).toBe(401)
      expect(answer.body.message).toMatch(/x-signature/)
    }
    expect((await deliver(body, sign(body))).status).toBe(202)
  })

  it.each(['{}', '{"id":"evt-1"}', '{"id":7,"type":"t"}', '{"id":', ''])('refuse %j with 400', async (body) => {
    expect((await deliver(body, sign(body))).status).toBe(400)
  })
})

describe('clients and projects', () => {
  it('are created, read, changed and removed with all that belongs to them', async () => {
    const client = await addClient([100, 200])
    const project = `/api/projects/${client.projects[0]}`
    expect((await ask(client.path)).body).toMatchObject({ name: 'Ada', version: 1 })
    expect((await ask(project)).body).toMatchObject({ clientId: client.id, name: 'p0', budgetCents: 100, version: 1 })
    expect((await ask(`${project}/entries`, { json: { minutes: [30, 45] } })).body).toEqual({ entries: 2 })
    expect((await ask(project, { method: 'PATCH', json: { name: 'new' } })).body).toMatchObject({
      name: 'new',
      budgetCents: 100,
      version: 2,
    })
    expect((await ask(client.path, { method: 'DELETE' })).status).toBe(204)
    for (const path of [client.path, project]) expect((await ask(path)).status).toBe(404)
    const left = await sql.query('select from entries where project_id = any ($1)', [client.projects])
    expect(left.rowCount).toBe(0)
  })

  it('refuse what cannot be', async () => {
    const client = await addClient([5])
    const twice = await ask('/api/clients', { json: { name: 'Eve', email: client.email } })
    expect([twice.status, twice.body.message]).toEqual([409, expect.stringContaining('already exists')])
    const orphan = await ask('/api/clients/999999999/projects', { json: { name: 'p', budgetCents: 1 } })
    expect(orphan.status).toBe(404)
    for (const path of ['/api/clients/0', '/api/clients/x', '/api/clients?limit=0', '/api/clients?limit=101']) {
      expect((await ask(path)).status).toBe(400)
    }
    expect((await ask('/api/clients/999999999', { method: 'DELETE' })).status).toBe(404)
    expect((await ask(client.path, { method: 'PATCH', json: {} })).status).toBe(400)
  })

  it('are listed in pages, each once', async () => {
    const client = await addClient([1, 2, 3, 4, 5])
    const seen: number[] = []
    for (let after: number | null = 0; after !== null; ) {
      const page: Answer = await ask(`${client.path}/projects?limit=2&after=${after}`)
      seen.push(...page.body.items.map(({ id }: { id: number }) => id))
      after = page.body.next
    }
    expect(seen).toEqual(client.projects)
  })

  it('lose no update when everybody names the version that was read', async () => {
    const { path, projects } = await addClient([100])
    const project = `/api/projects/${projects[0]}`
    await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const at = n % 2 ? ask : other
        let status = 409
        while (status === 409) {
          const { budgetCents, version } = (await at(project)).body
          const json = { budgetCents: budgetCents + 1, version }
          status = (await at(project, { method: 'PATCH', json })).status
        }
        expect(status).toBe(200)
      }),
    )
    expect((await ask(project)).body).toMatchObject({ budgetCents: 108, version: 9 })
    for (const stale of [project, path]) {
      expect((await ask(stale, { method: 'PATCH', json: { name: 'new', version: 7 } })).status).toBe(409)
    }
  })

  it('move money completely or not at all', async () => {
    const { projects } = await addClient([1_000, 0])
    const [from, to] = projects
    const transfer = (json: unknown) => ask('/api/transfers', { json })
    expect((await transfer({ from, to, amountCents: 400 })).body).toEqual({ from: 600, to: 400 })
    const poor = await transfer({ from, to, amountCents: 601 })
    expect([poor.status, poor.body.message]).toEqual([409, `project ${from} has 600 cents, not 601`])
    expect((await transfer({ from, to: 999_999_999, amountCents: 1 })).status).toBe(404)
    expect((await transfer({ from, to: from, amountCents: 1 })).status).toBe(400)
    const budgets = await sql.query(
      'select budget_cents::integer as cents from projects where id = any ($1) order by id',
      [projects],
    )
    expect(budgets.rows).toEqual([{ cents: 600 }, { cents: 400 }])
  })

  it('move money to and fro without a deadlock, and lose none', async () => {
    const { projects } = await addClient([500, 500])
    const [one, two] = projects
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        [ask, other][n % 2]?.('/api/transfers', {
          json: { from: n % 4 < 2 ? one : two, to: n % 4 < 2 ? two : one, amountCents: 30 + n },
        }),
      ),
    )
    expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([200]))
    const sum = await sql.query('select sum(budget_cents)::integer as cents from projects where id = any ($1)', [
      projects,
    ])
    expect(sum.rows).toEqual([{ cents: 1_000 }])
  })

  it('come in bulk, all or none, and the report adds them up', async () => {
    const email = (name: string) => `${name}-${randomUUID()}@example.org`
    const busy = {
      name: 'Busy',
      email: email('busy'),
      projects: [
        { name: 'small', budgetCents: 10, minutes: [1] },
        { name: 'large', budgetCents: 20, minutes: Array(100).fill(1440) },
      ],
    }
    const idle = { name: 'Idle', email: email('idle') }
    const before = await sql.query('select from clients')
    const refused = await ask('/api/clients/bulk', { json: { clients: [busy, { ...idle, email: busy.email }] } })
    expect(refused.status).toBe(409)
    expect((await sql.query('select from clients')).rowCount).toBe(before.rowCount)
    const taken = await ask('/api/clients/bulk', { json: { clients: [busy, idle] } })
    expect([taken.status, taken.body]).toEqual([201, { clients: 2, projects: 2, entries: 101 }])
    const report = await ask('/api/report?limit=100')
    expect(report.body[0]).toEqual({
      id: expect.any(Number),
      name: 'Busy',
      projects: 2,
      budgetCents: 30,
      minutes: 144_001,
      busiestProject: 'large',
      rank: 1,
    })
    expect(report.body.find(({ name }: { name: string }) => name === 'Idle')).toMatchObject({ projects: 0, minutes: 0 })
  })

  it('are cached, and both instances hear of a change', async () => {
    const fresh = await startApp()
    const client = await addClient()
    for (let n = 0; n < 5; n++) await fresh(client.path)
    await fresh('/api/clients/999999998')
    expect((await fresh('/stats')).body.cache).toEqual({ hits: 4, misses: 2, size: 1 })
    await other(client.path, { method: 'PATCH', json: { name: 'Grace' } })
    await eventually(
      () => fresh(client.path),
      ({ body }) => body.name === 'Grace' && body.version === 2,
    )
    await ask(client.path, { method: 'DELETE' })
    await eventually(
      () => fresh(client.path),
      ({ status }) => status === 404,
    )
  })
})

describe('pages', () => {
  it('take a form, and show the job to people without letting it speak', async () => {
    const source = '<script>alert(1)</script>'
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const posted = await ask('/', {
      body: String(new URLSearchParams({ source, width: '16', passes: '' })),
      headers: form,
    })
    expect(posted.status).toBe(303)
    const path = posted.headers.get('location') as string
    const id = /^\/jobs\/(.+)$/.exec(path)?.[1] as string
    await untilOver(id)
    for (const page of [await ask(path), await ask('/')]) {
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self'/)
      expect(page.body).toContain(`data-job="${id}" data-state="done"`)
      expect(page.body).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect(page.body).not.toContain('<script>')
    }
    expect((await ask('/', { body: 'width=16', headers: form })).status).toBe(400)
    expect((await ask('/live.js')).headers.get('content-type')).toMatch(/javascript/)
    expect((await ask('/page.css')).headers.get('content-type')).toMatch(/css/)
  })
})

describe('counts', () => {
  it('are exact, per route and status, and the same for Prometheus', async () => {
    const at = await startApp()
    const session = await openSession(at)
    await Promise.all(Array.from({ length: 25 }, () => at(session.path, session)))
    await at(session.path)
    await at('/api/sessions', { json: {} })
    await at('/nowhere')
    await at('/nowhere/else', { method: 'PUT' })
    await openSocket(at)
    const expected = {
      'POST /api/sessions': { received: 2, answered: { 201: 1, 400: 1 } },
      'GET /api/sessions/:id': { received: 26, answered: { 200: 25, 401: 1 } },
      'no route': { received: 2, answered: { 404: 2 } },
      'GET /ws': { received: 1, answered: { 101: 1 } },
    }
    expect((await at('/stats')).body.routes).toEqual({ ...expected, 'GET /stats': { received: 1, answered: {} } })
    const { body, headers } = await at('/metrics')
    expect(headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    for (const [route, { answered }] of Object.entries(expected)) {
      for (const [status, count] of Object.entries(answered)) {
        expect(body).toContain(`http_requests_total{route="${route}",status="${status}"} ${count}\n`)
      }
    }
    expect(body).toContain('http_request_duration_seconds_count{route="GET /api/sessions/:id"} 26\n')
    expect(body).toContain('gateway_websockets_open 1\n')
    expect(body).toMatch(/gateway_queue_jobs\{state="queued"\} \d+\n/)
  })
})

describe('a defect', () => {
  it('is answered with 500 and told to the operator, not to the client', async () => {
    const schema = newSchema()
    const errors: Error[] = []
    const at = await startApp({ DATABASE_SCHEMA: schema }, (error) => errors.push(error))
    await sql.query(`drop table ${schema}.sessions cascade`)
    expect((await at('/api/sessions', { json: { apiKey: 'k' } })).body).toEqual({
      statusCode: 500,
      error: 'Internal Server Error',
      message: 'something went wrong inside the gateway',
    })
    expect(errors.map(({ message }) => message)).toEqual(['relation "sessions" does not exist'])
  })
})
