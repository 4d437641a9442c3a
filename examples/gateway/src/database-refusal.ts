// Which errors of the database are an answer to the client rather than a defect.
import { Refusal } from './refusal.ts'

type DatabaseError = Error & { readonly code?: string; readonly detail?: string }

// The pool says these two without a code.
const waitedTooLong = /^(timeout exceeded when trying to connect|Connection terminated due to connection timeout)$/
// The server is gone, going, or not up yet; 53300: it has no connection left.
const unreachable = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|08\w{3}|57P0[123]|53300)$/

export function refusalOf(error: DatabaseError): Refusal | undefined {
  const { code = '', detail, message } = error
  if (waitedTooLong.test(message)) {
    return new Refusal(503, 'every connection to the database is in use', { retryAfter: 1_000 })
  }
  if (unreachable.test(code) || message.startsWith('Connection terminated')) {
    return new Refusal(503, 'the database cannot be reached', { retryAfter: 1_000 })
  }
  if (code === '23505') return new Refusal(409, detail ?? 'exists already')
  if (code === '23503') return new Refusal(404, detail ?? 'what it belongs to does not exist')
  if (code === '40001' || code === '40P01') {
    return new Refusal(503, 'others changed the same records at the same time', { retryAfter: 1_000 })
  }
  return undefined
}
