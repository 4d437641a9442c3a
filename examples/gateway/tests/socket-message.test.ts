// What clients may say over a WebSocket.
import { describe, expect, it } from 'vitest'
import { readMessage } from '../src/socket-message.ts'

const id = '5f0c9d0e-1111-4222-8333-444455556666'
const read = (text: string) => readMessage(Buffer.from(text))

describe('readMessage', () => {
  it.each([
    [{ subscribe: id }, { subscribe: id }],
    [{ ping: 7 }, { ping: 7 }],
    [{ ping: { at: 1 }, more: true }, { ping: { at: 1 } }],
  ])('understands %j', (message, understood) => {
    expect(read(JSON.stringify(message))).toEqual(understood)
  })

  it.each([
    '',
    'hello',
    'null',
    '7',
    '[]',
    '{}',
    '{"subscribe":7}',
    '{"subscribe":"../etc"}',
    `{"subscribe":"${id}x"}`,
  ])('does not understand %j', (text) => {
    expect(read(text)).toBeUndefined()
  })
})
