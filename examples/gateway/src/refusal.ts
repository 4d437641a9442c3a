// A request that is refused on purpose: thrown anywhere, answered with a body that says why.
import { STATUS_CODES } from 'node:http'

export class Refusal extends Error {
  readonly statusCode: number
  /** After how long another try makes sense. */
  readonly retryAfterSeconds: number | undefined

  constructor(statusCode: number, message: string, { retryAfter }: { readonly retryAfter?: number } = {}) {
    super(message)
    this.statusCode = statusCode
    this.retryAfterSeconds = retryAfter === undefined ? undefined : Math.max(1, Math.ceil(retryAfter / 1000))
  }

  /** The body of the answer. */
  toJSON(): { statusCode: number; error: string | undefined; message: string; retryAfter: number | undefined } {
    const { statusCode, message, retryAfterSeconds } = this
    return { statusCode, error: STATUS_CODES[statusCode], message, retryAfter: retryAfterSeconds }
  }
}
