// Answers every error with `{ statusCode, error, message }`, and keeps what is inside the service to itself.
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { refusalOf } from './database-refusal.ts'
import { Refusal } from './refusal.ts'

export function answerErrors(app: FastifyInstance, onDefect: (error: Error) => void): void {
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply) => {
    const known = error instanceof Refusal ? error : refusalOf(error)
    if (known) return answer(reply, known)
    const statusCode = error.statusCode ?? 500
    if (statusCode < 500) return answer(reply, new Refusal(statusCode, error.message))
    onDefect(error)
    return answer(reply, new Refusal(500, 'something went wrong inside the gateway'))
  })
  app.setNotFoundHandler((request, reply) =>
    answer(reply, new Refusal(404, `no route ${request.method} ${request.url}`)),
  )
}

function answer(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { statusCode, retryAfterSeconds } = refusal
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds)
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer')
  return reply.code(statusCode).type('application/json; charset=utf-8').send(JSON.stringify(refusal))
}
