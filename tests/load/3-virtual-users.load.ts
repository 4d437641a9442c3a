// A closed model with a function: each user opens a session, writes to it, reads it back and closes it.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Server, serve, type TaskContext } from 'vitest-load'

describe('a session', () => {
  let app: Server
  beforeAll(async () => {
    app = await serve('node examples/gateway/src/server.ts', { ready: '/health' })
  })

  it('serves 20 users who write and read', async () => {
    const run = await load(writeAndRead, { vus: 20, duration: '4s', warmup: '500ms', name: 'write and read' })
    expect(run).toHaveNoErrors()
    expect(run).toHaveP95Below(1000)
    expect(run).toHaveCheckRateAbove(0.99)
  })

  async function writeAndRead({ iteration, signal, check }: TaskContext) {
    const call = (path: string, init: RequestInit = {}) => fetch(`${app.url}${path}`, { ...init, signal })
    const json = { 'content-type': 'application/json' }
    const created = await call('/api/sessions', {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ apiKey: `user-${iteration}` }),
    })
    const { id, token } = (await created.json()) as { id: string; token: string }
    const headers = { authorization: `Bearer ${token}` }
    const text = `message ${iteration}`
    await call(`/api/sessions/${id}/messages`, {
      method: 'POST',
      headers: { ...headers, ...json },
      body: JSON.stringify({ text }),
    })
    const messages = (await (await call(`/api/sessions/${id}/messages`, { headers })).json()) as { text: string }[]
    check('the message is there', messages[0]?.text === text)
    await call(`/api/sessions/${id}`, { method: 'DELETE', headers })
  }
})
