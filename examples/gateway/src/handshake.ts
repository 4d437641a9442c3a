// Who may open a WebSocket, and the answer to who may not.
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Refusal } from './refusal.ts'

const path = '/ws'
/** What counts call it. */
export const route = `GET ${path}`

/** @param noRoom why nobody is let in at present */
export function handshakeRefusal({ url = '', headers }: IncomingMessage, noRoom?: string): Refusal | undefined {
  if (url.split('?')[0] !== path) return new Refusal(404, `no route GET ${url}; WebSockets are at ${path}`)
  const { origin, host } = headers
  // Browsers let every page connect to everywhere, and send the user's cookies along.
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)) {
    return new Refusal(403, 'pages of other origins may not connect')
  }
  return noRoom === undefined ? undefined : new Refusal(503, noRoom, { retryAfter: 1_000 })
}

export function refuseHandshake(stream: Duplex, refusal: Refusal): void {
  const { statusCode, retryAfterSeconds } = refusal
  const body = JSON.stringify(refusal)
  const head = [
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(retryAfterSeconds === undefined ? [] : [`retry-after: ${retryAfterSeconds}`]),
  ]
  stream.on('error', () => stream.destroy()) // whoever is refused may be gone already
  stream.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
