// Refuses a request, with a body of the same shape as Fastify's own errors.
import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'

export function refuse(reply: FastifyReply, statusCode: number, message: string): void {
  reply.code(statusCode).send({ statusCode, error: STATUS_CODES[statusCode], message })
}
