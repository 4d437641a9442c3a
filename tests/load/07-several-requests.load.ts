// Several requests in turn, each with its own numbers and its own idea of what is right.
import { createHmac } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load } from 'vitest-load'
import { type Gateway, startGateway } from './gateway.ts'

// A payment provider sends an event again when it is not sure: each one comes twice here.
const event = (i: number) => JSON.stringify({ id: `event-${Math.floor(i / 6)}`, type: 'payment.settled' })
const signed = (i: number) => ({
  'content-type': 'application/json',
  'x-signature': createHmac('sha256', 'dev-secret').update(event(i)).digest('hex'),
})

describe('webhooks beside other traffic', () => {
  let gateway: Gateway
  beforeAll(async () => {
    gateway = await startGateway()
    return gateway.stop
  })

  it('are answered at once, and taken once', async () => {
    const webhook = http.post(`${gateway.url}/webhooks/payments`, { body: event, headers: signed, expect: [200, 202] })
    const unsigned = http.post(`${gateway.url}/webhooks/payments`, { json: {}, expect: 401, name: 'unsigned' })
    const run = await load([webhook, unsigned, http.get(`${gateway.url}/api/nothing`, { expect: 404 })], {
      rate: 300,
      duration: '2s',
    })
    expect(run).toHaveNoErrors() // a refusal that is expected is a success
    expect(run.request('POST /webhooks/payments')).toHaveP95Below(1000)
    expect(run.window('1s', '2s')).toHaveP95Below(1000)
    expect(await gateway.count('webhook_events')).toBe(100)
  })
})
