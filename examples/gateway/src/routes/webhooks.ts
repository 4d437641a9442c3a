// The payment provider's webhook: signed over the raw body, each event taken once.
import type { FastifyInstance } from 'fastify'
import { Refusal } from '../refusal.ts'
import { sameSecret, signatureOf } from '../secret.ts'
import type { WebhookEvent, WebhookStore } from '../stores/webhook-store.ts'

export type WebhookRoutesOptions = { readonly webhooks: WebhookStore; readonly secret: string }

/** A scope of its own, because only here the body stays raw until its signature has been checked. */
export async function webhookRoutes(app: FastifyInstance, { webhooks, secret }: WebhookRoutesOptions): Promise<void> {
  keepBodyRaw(app)
  checkSignature(app, secret)

  app.post<{ Body: WebhookEvent }>('/webhooks/payments', { schema: { body: paymentEvent } }, async (request, reply) => {
    const isNew = await webhooks.add(request.body)
    reply.code(isNew ? 202 : 200)
    return isNew ? { received: true } : { duplicate: true }
  })
}

function keepBodyRaw(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

function checkSignature(app: FastifyInstance, secret: string): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')

  app.addHook('preValidation', (request, _reply, done) => {
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const given = request.headers['x-signature']
    if (typeof given !== 'string' || !sameSecret(Buffer.from(given), signatureOf(raw, secret))) {
      return done(new Refusal(401, 'x-signature: expected the hex HMAC-SHA256 of the raw body'))
    }
    parseJson(request, raw.toString(), (error, event) => {
      request.body = event
      done(error ?? undefined)
    })
  })
}

const paymentEvent = {
  type: 'object',
  required: ['id', 'type'],
  properties: {
    id: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[^\\u0000]*$' },
    type: { type: 'string', minLength: 1, maxLength: 128, pattern: '^[^\\u0000]*$' },
  },
}
