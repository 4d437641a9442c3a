// So many requests instead of so long: what was written can be counted afterwards, to the last one.
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load, type TaskContext } from 'vitest-load'
import { ask } from './ask.ts'
import { type Gateway, startGateway } from './gateway.ts'

type Session = { readonly id: string; readonly token: string }

describe('fixed amounts', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('2,000 clients over 20 connections', async () => {
    const newClient = http.post(`${gateway.url}/api/clients`, {
      json: (i) => ({ name: `Client ${i}`, email: `${i}@example.org` }),
      expect: 201,
    })
    const run = await load(newClient, { connections: 20, amount: 2000 })
    expect(run).toHaveNoErrors()
    expect(await gateway.count('clients')).toBe(2000)
  })

  it('300 sessions in batches of 50', async () => {
    const newSession = http.post(`${gateway.url}/api/sessions`, { json: (i) => ({ apiKey: `key-${i}` }), expect: 201 })
    const run = await load(newSession, { iterations: 300, batch: 50 })
    expect(run).toHaveNoErrors()
    expect(run).toHaveMaxBelow('5s')
    expect(await gateway.count('sessions')).toBe(300)
  })

  it('20 sessions with 25 messages each, numbered without gaps', async () => {
    const sessions = `${gateway.url}/api/sessions`
    const open = (_: unknown, vu: number) => ask<Session>(sessions, { json: { apiKey: `user-${vu}` } })
    const opened = await Promise.all(Array.from({ length: 20 }, open))
    const writeMessage = async ({ vu, iteration, signal }: TaskContext) => {
      const { id, token } = opened[vu] as Session
      const json = { text: `message ${iteration}` }
      await ask(`${sessions}/${id}/messages`, { json, token, signal })
    }
    const run = await load(writeMessage, { vus: 20, iterationsPerVu: 25 })
    expect(run).toHaveNoErrors()
    const { rows } = await gateway.sql.query(
      'select count(*)::integer as messages, max(seq) as last from messages group by session_id',
    )
    expect(rows).toEqual(Array(20).fill({ messages: 25, last: 25 }))
  })
})
