// Requests and answers are told apart however the bytes are cut: every conversation is cut once at every byte, and at all.
import { describe, expect, it } from 'vitest'
import { HttpExchanges, type Loss } from '../../../src/relay/http-exchanges.ts'

type Event =
  | { readonly up: string }
  | { readonly down: string }
  | { readonly ended: 'client' | 'server' }
  | { readonly closed: 'closed' | 'client reset' | 'server reset' | 'refused' | 'stopped' }

/** What is told of a conversation: `GET /a 200`, `GET /a reset`, in the order of the ends; times are the numbers of events. */
function follow(events: readonly Event[], cut: (text: string) => readonly string[] = (text) => [text]) {
  const told: string[] = []
  const times: [begun: number, ended: number][] = []
  let unreadable = 0
  const exchanges = new HttpExchanges({
    begun: (begun) => ({
      answered(status, at, request) {
        told.push(`${request} ${status}`)
        times.push([begun, at])
      },
      lost(how: Loss, at, request) {
        told.push(`${request} ${how}`)
        times.push([begun, at])
      },
      halfClosed: () => {},
    }),
    unreadable: () => unreadable++,
  })
  for (const [at, event] of events.entries()) {
    if ('up' in event) for (const part of cut(event.up)) exchanges.up(Buffer.from(part, 'latin1'), at)
    else if ('down' in event) for (const part of cut(event.down)) exchanges.down(Buffer.from(part, 'latin1'), at)
    else if ('ended' in event) exchanges.ended(event.ended, at)
    else exchanges.closed(event.closed, at)
  }
  return { told, times, unreadable }
}

const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`
const get = lines('GET /a?token=secret HTTP/1.1', 'host: a')
const ok = `${lines('HTTP/1.1 200 OK', 'Content-Length: 5')}hello`
const chunked = `${lines('HTTP/1.1 200 OK', 'Transfer-Encoding: gzip, Chunked')}5;a=b\r\nhello\r\n1A\r\n${'x'.repeat(26)}\r\n0\r\n\r\n`

const conversations: Record<string, { readonly events: readonly Event[]; readonly told: readonly string[] }> = {
  'one after the other on one connection': {
    events: [{ up: get }, { down: ok }, { up: lines('GET /b HTTP/1.1') }, { down: ok }, { closed: 'closed' }],
    told: ['GET /a 200', 'GET /b 200'],
  },
  'bodies of a known length that look like messages': {
    events: [
      { up: `${lines('POST /a HTTP/1.1', 'content-length: 35')}${lines('GET /not HTTP/1.1', 'x: y', 'zz: 12')}` },
      { down: `${lines('HTTP/1.1 201 Created', 'CONTENT-LENGTH:  19  ')}${lines('HTTP/1.1 500 No')}` },
      { up: get },
      { down: ok },
    ],
    told: ['POST /a 201', 'GET /a 200'],
  },
  'chunks with extensions and trailers': {
    events: [
      {
        up: `${lines('PUT /a HTTP/1.1', 'transfer-encoding: chunked')}3\r\nabc\r\n0\r\nsum: 1\r\nmore: 2\r\n\r\n${get}`,
      },
      { down: chunked + ok },
    ],
    told: ['PUT /a 200', 'GET /a 200'],
  },
  'a chunked body that would end with its first chunk if read as text': {
    events: [
      { up: get },
      { down: `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}5\r\n0\r\n\r\n\r\n0\r\n\r\n${ok}` },
    ],
    told: ['GET /a 200'],
  },
  'pipelined requests, answered in order': {
    events: [
      { up: get + lines('HEAD /b HTTP/1.1') + lines('GET /c HTTP/1.1') },
      { down: `${ok}${lines('HTTP/1.1 404 Not Found', 'content-length: 1000')}${chunked}` },
    ],
    told: ['GET /a 200', 'HEAD /b 404', 'GET /c 200'],
  },
  'answers without a body': {
    events: [
      { up: get },
      { down: lines('HTTP/1.1 204 No Content') },
      { up: get },
      { down: lines('HTTP/1.1 304 Not Modified', 'content-length: 77') },
      { up: get },
      { down: lines('HTTP/1.1 200 OK', 'content-length: 0') },
      { up: get },
      { down: ok },
    ],
    told: ['GET /a 204', 'GET /a 304', 'GET /a 200', 'GET /a 200'],
  },
  '100 and 103 before the answer': {
    events: [
      { up: lines('POST /a HTTP/1.1', 'expect: 100-continue', 'content-length: 3') },
      { down: lines('HTTP/1.1 100 Continue') },
      { up: 'abc' },
      { down: lines('HTTP/1.1 103 Early Hints', 'link: x') + ok },
    ],
    told: ['POST /a 200'],
  },
  'an upgrade, after which nothing is counted': {
    events: [
      { up: lines('GET /socket HTTP/1.1', 'connection: upgrade', 'upgrade: websocket') },
      { down: `${lines('HTTP/1.1 101 Switching Protocols', 'upgrade: websocket')}\x81\x05hello` },
      { up: get },
      { down: ok },
      { closed: 'server reset' },
    ],
    told: ['GET /socket 101'],
  },
  'an upgrade that is not taken': {
    events: [{ up: lines('GET /a HTTP/1.1', 'upgrade: h2c') }, { down: ok }, { up: get }, { down: ok }],
    told: ['GET /a 200', 'GET /a 200'],
  },
  'a tunnel, taken and refused': {
    events: [
      { up: lines('CONNECT a:1 HTTP/1.1') },
      { down: lines('HTTP/1.1 403 Forbidden', 'content-length: 0') },
      { up: get },
      { down: ok },
      { up: lines('CONNECT a:1 HTTP/1.1') },
      { down: lines('HTTP/1.1 200 OK') },
      { up: get },
      { closed: 'client reset' },
    ],
    told: ['CONNECT a:1 403', 'GET /a 200', 'CONNECT a:1 200'],
  },
  'an answer that lasts until the end of the connection': {
    events: [{ up: get }, { down: `${lines('HTTP/1.0 200 OK')}${ok}` }, { ended: 'server' }, { closed: 'closed' }],
    told: ['GET /a 200'],
  },
  'an answer that lasts until the end, and is reset': {
    events: [{ up: get }, { down: `${lines('HTTP/1.0 200 OK')}hel` }, { closed: 'server reset' }],
    told: ['GET /a reset'],
  },
  'an end before any byte of the answer': {
    events: [{ up: get + get }, { ended: 'server' }, { closed: 'closed' }],
    told: ['GET /a closed', 'GET /a closed'],
  },
  'an end in the middle of the body': {
    events: [{ up: get }, { down: ok.slice(0, -1) }, { ended: 'server' }, { closed: 'closed' }],
    told: ['GET /a truncated'],
  },
  'an end in the middle of the last chunk': {
    events: [{ up: get }, { down: chunked.slice(0, -1) }, { ended: 'server' }],
    told: ['GET /a truncated'],
  },
  'a reset in the middle of the head': {
    events: [{ up: get }, { down: 'HTTP/1.1 20' }, { closed: 'server reset' }],
    told: ['GET /a reset'],
  },
  'nobody behind the relay': { events: [{ up: get }, { closed: 'refused' }], told: ['GET /a refused'] },
  'a client that leaves': {
    events: [{ up: get }, { down: ok.slice(0, -2) }, { closed: 'client reset' }],
    told: ['GET /a left'],
  },
  'a client that ends its half and waits for the answer': {
    events: [{ up: get }, { ended: 'client' }, { down: ok }, { ended: 'server' }, { closed: 'closed' }],
    told: ['GET /a 200'],
  },
  'a client that ends its half, and a server that then ends too': {
    events: [{ up: get }, { ended: 'client' }, { ended: 'server' }, { closed: 'closed' }],
    told: ['GET /a left'],
  },
  'an answer before the whole request, and the next request': {
    events: [
      { up: `${lines('POST /a HTTP/1.1', 'content-length: 6')}abc` },
      { down: lines('HTTP/1.1 413 Too Large', 'content-length: 0') },
      { up: `def${get}` },
      { down: ok },
    ],
    told: ['POST /a 413', 'GET /a 200'],
  },
  'an answer to nothing': {
    events: [{ down: lines('HTTP/1.1 408 Request Timeout', 'content-length: 0') }, { ended: 'server' }],
    told: [],
  },
  'connections without a request': { events: [{ ended: 'client' }, { closed: 'closed' }], told: [] },
  'empty lines before a message, and lines that end with LF alone': {
    events: [
      { up: `\r\n\r\nGET /a HTTP/1.1\nhost: a\n\n${get}` },
      { down: `HTTP/1.1 200 OK\ncontent-length: 1\n\nx${ok}` },
    ],
    told: ['GET /a 200', 'GET /a 200'],
  },
  'an answer that is no HTTP': {
    events: [{ up: get + get }, { down: 'SSH-2.0-OpenSSH\r\n\r\n' }, { closed: 'closed' }],
    told: ['GET /a protocol', 'GET /a unreadable'],
  },
  'a length that is no number': {
    events: [{ up: get }, { down: `${lines('HTTP/1.1 200 OK', 'content-length: 5, 6')}hello` }],
    told: ['GET /a protocol'],
  },
  'a chunk size that is none': {
    events: [{ up: get }, { down: `${lines('HTTP/1.1 200 OK', 'transfer-encoding: chunked')}hello\r\n` }],
    told: ['GET /a protocol'],
  },
}

/** In two parts at every byte, and every byte by itself. */
const cuts = (longest: number): ((text: string) => readonly string[])[] => [
  (text) => [...text],
  ...Array.from(
    { length: longest - 1 },
    (_, at) => (text: string) => [text.slice(0, at + 1), text.slice(at + 1)].filter((part) => part !== ''),
  ),
]

describe('the exchanges of a connection', () => {
  it.each(Object.entries(conversations))('%s', (_, { events, told }) => {
    const longest = Math.max(
      ...events.map((event) => ('up' in event ? event.up : 'down' in event ? event.down : '').length),
    )
    expect(follow(events).told).toEqual(told)
    const whole = follow(events)
    for (const cut of cuts(Math.max(2, longest))) expect(follow(events, cut)).toEqual(whole)
  })

  it('are timed from the first byte of the request to the last of the answer', () => {
    const events = [{ up: get.slice(0, 3) }, { up: get.slice(3) }, { down: ok.slice(0, 9) }, { down: ok.slice(9) }]
    expect(follow(events).times).toEqual([[0, 3]])
    const pipelined = [{ up: get + get.slice(0, 5) }, { up: get.slice(5) }, { down: ok + ok }]
    expect(follow(pipelined).times).toEqual([
      [0, 2],
      [0, 2],
    ])
  })

  it.each([
    ['TLS', '\x16\x03\x01\x02\x00'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['something else', 'hello there, how do you do\r\n\r\n'],
    ['a head without an end', `GET / HTTP/1.1\r\nx: ${'a'.repeat(70_000)}`],
  ])('cannot be read where a client speaks %s, which is said once', (_, text) => {
    const { told, unreadable } = follow([{ up: text }, { up: get }, { down: ok }, { closed: 'closed' }])
    expect(unreadable).toBe(1)
    expect(told.filter((each) => !each.endsWith(' unreadable'))).toEqual([])
  })

  it('know the end of a body of more than 2 GB', () => {
    const body = Buffer.alloc(1 << 20, 'x')
    const answers: number[] = []
    const exchanges = new HttpExchanges({
      begun: () => ({
        answered: (status) => answers.push(status),
        lost: () => answers.push(0),
        halfClosed: () => answers.push(-2),
      }),
      unreadable: () => answers.push(-1),
    })
    exchanges.up(Buffer.from(get), 0)
    exchanges.down(Buffer.from(lines('HTTP/1.1 200 OK', `content-length: ${3000 * body.length}`)), 0)
    for (let megabyte = 0; megabyte < 2999; megabyte++) exchanges.down(body, 1)
    expect(answers).toEqual([])
    exchanges.down(body, 2)
    expect(answers).toEqual([200])
  })
})
