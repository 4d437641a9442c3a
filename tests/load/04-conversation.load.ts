// A function as the target: each user keeps what one answer said for the next request, and checks what comes back.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type TaskContext } from 'vitest-load'
import { ask } from './ask.ts'
import { type Gateway, startGateway } from './gateway.ts'

describe('a session', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('serves 20 users who write, read back what they wrote, and leave', async () => {
    const run = await load(writeAndRead, { vus: 20, duration: '1500ms', warmup: '300ms', name: 'write and read' })
    expect(run).toHaveNoErrors()
    expect(run).toHaveCheckRateAbove(0.999)
    expect(run).toHaveP95Below(2000)
    expect(await gateway.count('sessions')).toBe(0)
  })

  async function writeAndRead({ iteration, signal, check }: TaskContext) {
    const sessions = `${gateway.url}/api/sessions`
    const json = { apiKey: `user-${iteration}` }
    const { id, token } = await ask<{ id: string; token: string }>(sessions, { json, signal })
    const text = `message ${iteration}`
    const messages = `${sessions}/${id}/messages`
    const { seq } = await ask<{ seq: number }>(messages, { json: { text }, token, signal })
    const [first] = await ask<{ text: string }[]>(messages, { token, signal })
    check('it is the first message', seq === 1)
    check('its text came back', first?.text === text)
    await ask(`${sessions}/${id}`, { method: 'DELETE', token, signal })
  }
})
