// Several requests in turn, each with its own numbers.
import { createHmac } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { http, load, type Server, serve } from 'vitest-load'

const event = JSON.stringify({ id: 'payment-1', type: 'payment.settled' })
const signature = createHmac('sha256', 'dev-secret').update(event).digest('hex')

describe('the webhook beside other traffic', () => {
  let app: Server
  beforeAll(async () => {
    app = await serve('node examples/gateway/src/server.ts', { ready: '/health' })
  })

  it('answers at once, also to events it has seen', async () => {
    const webhook = http.post(`${app.url}/webhooks/payments`, {
      body: event,
      headers: { 'content-type': 'application/json', 'x-signature': signature },
      expect: [200, 202],
    })
    const run = await load(
      [http.get(`${app.url}/health`), webhook, http.get(`${app.url}/api/nothing`, { expect: 404 })],
      {
        rate: 300,
        duration: '3s',
      },
    )
    expect(run.request('POST /webhooks/payments')).toHaveP95Below(250)
    expect(run.request('GET /api/nothing')).toHaveNoErrors() // a refusal that is expected is a success
    expect(run.window('1s', '3s')).toHaveErrorRateBelow(0.01)
  })
})
