// The routes of messages: posted into a session, read back in order.
import type { FastifyInstance } from 'fastify'
import type { CallLimit } from '../call-limit.ts'
import { Refusal } from '../refusal.ts'
import type { SessionGuard } from '../session-guard.ts'
import type { MessageStore } from '../stores/message-store.ts'
import type { Session } from '../stores/session-store.ts'

export type MessageRoutesOptions = {
  readonly messages: MessageStore
  readonly ownSession: SessionGuard
  readonly limit: CallLimit
}

const pageLength = 100

export async function messageRoutes(app: FastifyInstance, options: MessageRoutesOptions): Promise<void> {
  const { messages, ownSession, limit } = options
  const path = '/api/sessions/:id/messages'

  app.post<{ Body: { text: string } }>(
    path,
    { preValidation: ownSession, schema: { body: newMessage, response: { 201: postedMessage } } },
    async (request, reply) => {
      const session = request.getDecorator<Session>('session')
      limit(`session ${session.id}`)
      const message = await messages.add(session.id, request.body.text)
      if (!message) throw new Refusal(404, 'no such session') // it has ended since it was looked up
      reply.code(201)
      return message
    },
  )

  app.get<{ Querystring: { after: string } }>(
    path,
    { preValidation: ownSession, schema: { querystring: position, response: { 200: page } } },
    async (request) => {
      const session = request.getDecorator<Session>('session')
      limit(`session ${session.id}`)
      return messages.list(session.id, Number(request.query.after), pageLength)
    },
  )
}

const newMessage = {
  type: 'object',
  required: ['text'],
  additionalProperties: false,
  // PostgreSQL cannot keep the character 0 in a text.
  properties: { text: { type: 'string', minLength: 1, maxLength: 2_000, pattern: '^[^\\u0000]*$' } },
}

const postedMessage = {
  type: 'object',
  required: ['id', 'seq'],
  properties: { id: { type: 'string' }, seq: { type: 'integer' } },
}

const position = {
  type: 'object',
  additionalProperties: false,
  properties: { after: { type: 'string', pattern: '^\\d{1,9}$', default: '0' } },
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
      createdAt: { type: 'string', format: 'date-time' },
    },
  },
}
