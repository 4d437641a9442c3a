// The payment provider's webhook: signed over the raw body, each event taken once.
import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { NewestMap } from './newest-map.ts'
import { refuse } from './refusal.ts'
import { sameSecret } from './same-secret.ts'

export type WebhookRoutesOptions = {
  readonly secret: string
  /** How many event ids are remembered. */
  readonly capacity: number
}

export function webhookRoutes(app: FastifyInstance, { secret, capacity }: WebhookRoutesOptions): void {
  const seen = new NewestMap<true>(capacity)

  // A scope of its own, because only here the body stays raw until its signature has been checked.
  app.register(async (scope) => {
    keepBodyRaw(scope)
    checkSignature(scope, secret)

    scope.post<{ Body: { id: string } }>('/webhooks/payments', { schema: { body: paymentEvent } }, (request, reply) => {
      const { id } = request.body
      if (seen.get(id)) return reply.code(200).send({ duplicate: true })
      seen.add(id, true)
      return reply.code(202).send({ received: true })
    })
  })
}

function keepBodyRaw(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

function checkSignature(scope: FastifyInstance, secret: string): void {
  const parseJson = scope.getDefaultJsonParser('error', 'error')

  scope.addHook('preValidation', (request, reply, done) => {
    const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const given = request.headers['x-signature']
    const expected = createHmac('sha256', secret).update(raw).digest('hex')
    if (typeof given !== 'string' || !sameSecret(given, expected)) {
      return refuse(reply, 401, 'x-signature: expected the hex HMAC-SHA256 of the raw body')
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
  properties: { id: { type: 'string', minLength: 1, maxLength: 128 }, type: { type: 'string', minLength: 1 } },
}
