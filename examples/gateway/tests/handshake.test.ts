// Who may open a WebSocket.
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { handshakeRefusal } from '../src/handshake.ts'

function ask(url: string, origin?: string, noRoom?: string) {
  return handshakeRefusal({ url, headers: { host: '127.0.0.1:3000', origin } } as IncomingMessage, noRoom)
}

describe('handshakeRefusal', () => {
  it.each([
    ['programs, which send no origin', '/ws', undefined],
    ['pages of its own', '/ws', 'http://127.0.0.1:3000'],
    ['a query', '/ws?token=1', undefined],
  ])('lets in %s', (_who, url, origin) => {
    expect(ask(url, origin)).toBeUndefined()
  })

  it.each([
    ['another path', '/', undefined, 404],
    ['a page from elsewhere', '/ws', 'http://evil.example', 403],
    ['a page on another port', '/ws', 'http://127.0.0.1:4000', 403],
    ['a page of nowhere', '/ws', 'null', 403],
  ])('refuses %s', (_who, url, origin, statusCode) => {
    expect(ask(url, origin)?.statusCode).toBe(statusCode)
  })

  it('says when to come back if there is no room', () => {
    expect(ask('/ws', undefined, 'full')).toMatchObject({ statusCode: 503, message: 'full', retryAfterSeconds: 1 })
  })
})
