// The routes of messages: posted into a session, read back in order.
import type { FastifyInstance } from 'fastify'
import type { MessageStore } from './message-store.ts'
import type { SessionGuard } from './session-guard.ts'
import type { Session } from './session-store.ts'

export type MessageRoutesOptions = { readonly messages: MessageStore; readonly ownSession: SessionGuard }

const pageLength = 100

export function messageRoutes(app: FastifyInstance, { messages, ownSession }: MessageRoutesOptions): void {
  const path = '/api/sessions/:id/messages'

  app.post<{ Body: { text: string } }>(
    path,
    { preValidation: ownSession, schema: { body: newMessage, response: { 201: postedMessage } } },
    (request, reply) => {
      const session = request.getDecorator<Session>('session')
      const { id, seq } = messages.add(session.id, request.body.text)
      reply.code(201).send({ id, seq })
    },
  )

  app.get<{ Querystring: { after: string } }>(
    path,
    { preValidation: ownSession, schema: { querystring: position, response: { 200: page } } },
    (request) => {
      const session = request.getDecorator<Session>('session')
      const found = messages.list(session.id, Number(request.query.after), pageLength)
      return found.map(({ id, seq, text, createdAt }) => ({
        id,
        seq,
        text,
        createdAt: new Date(createdAt).toISOString(),
      }))
    },
  )
}

const newMessage = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  properties: { text: { type: 'string', minLength: 1, maxLength: 2_000 } },
}

const postedMessage = {
  type: 'object',
  required: ['id', 'seq'],
  properties: { id: { type: 'string' }, seq: { type: 'integer' } },
}

const position = {
  type: 'object',
  additionalProperties: false,
  properties: { after: { type: 'string', pattern: '^\\d{1,15}$', default: '0' } },
}

const page = {
  type: 'array',
  items: {
    type: 'object',
    required: ['id', 'seq', 'text', 'createdAt'],
    properties: {
      id: { type: 'string' },
      seq: { type: 'integer' },
      text: { type: 'string' },
      createdAt: { type: 'string' },
    },
  },
}
