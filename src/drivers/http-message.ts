// A request made ready to be sent: everything that does not change from one iteration to the next is made once.
import { Buffer } from 'node:buffer'
import type { Dispatcher } from 'undici'
import { show } from '../core/problems.ts'
import type { RequestPlan } from '../core/target.ts'

export type Message = Dispatcher.DispatchOptions

/** Returns the message of an iteration. Throws what the functions for its body and headers throw. */
export function messageMaker(request: RequestPlan): (iteration: number) => Message {
  const { headersOf, bodyOf } = request
  const standing: Message = {
    method: request.method as Dispatcher.HttpMethod,
    path: request.path,
    headers: headerList(request.headers),
    body: request.body === undefined ? null : bytes(request.body),
    // Without it undici closes the connection after every HEAD.
    reset: false,
  }
  if (!headersOf && !bodyOf) return () => standing
  return (iteration) => ({
    ...standing,
    ...(headersOf ? { headers: headerList({ ...request.headers, ...headersOf(iteration) }) } : {}),
    ...(bodyOf ? { body: bytes(bodyOf(iteration)) } : {}),
  })
}

function headerList(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flat()
}

function bytes(body: unknown): Buffer {
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  throw new TypeError(`the body must be text or bytes, got ${show(body)}`)
}
