// Fails when the parts of autocannon that the driver relies on have moved.
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type AutocannonClient, parserClassOf, withoutAccounts } from '../../../src/drivers/autocannon-client.ts'

const require = createRequire(import.meta.url)
type ClientClass = new (options: object) => AutocannonClient & { timeoutTicker: { clear(): void } }
const Client = require('autocannon/lib/httpClient.js') as ClientClass

const answerHead = 'HTTP/1.1 200 OK\r\nConnection: Close\r\nX-A: 1\r\n'
const head = { statusCode: 200, versionMinor: 1, headers: ['x-a', '1'], shouldKeepAlive: true }

/** Never connected: `_connect` is replaced where the driver replaces it. */
let client: InstanceType<ClientClass>
const connect = vi.fn()
const written: string[] = []
const conn = Object.assign(new EventEmitter(), {
  write: (bytes: Buffer) => written.push(bytes.toString().split(' ')[1] ?? ''),
  destroy: vi.fn(),
})

beforeEach(() => {
  written.length = 0
  client = new Client({
    protocol: 'http:',
    hostname: '127.0.0.1',
    requests: [{ path: '/a' }, { path: '/b', setupRequest: (request: object) => ({ ...request, path: '/fresh' }) }],
    setupClient: (made: AutocannonClient) => {
      expect(made.conn).toBeUndefined()
      made._connect = connect
    },
  })
})
afterEach(() => {
  client.timeoutTicker.clear()
  connect.mockReset()
  conn.removeAllListeners()
  conn.destroy.mockReset()
})

it('is pinned to the version that was read, and that version is installed', () => {
  expect(require('../../../package.json').dependencies.autocannon).toBe('9.0.0')
  expect(require('autocannon/package.json').version).toBe('9.0.0')
})

describe('the client', () => {
  it('has methods on its prototype that an instance can replace', () => {
    for (const name of ['_connect', '_doRequest', '_destroyConnection', 'destroy']) {
      expect(Client.prototype[name], name).toBeTypeOf('function')
    }
  })

  it('is handed to setupClient before it connects, by the replaced method', () => {
    expect(connect).toHaveBeenCalledOnce()
    expect(client.secure).toBe(false)
  })

  it('sends in turn from the first request when the iterator stands before it', () => {
    Object.assign(client, { conn, reqsMade: 1 })
    client.requestIterator.currentRequestIndex = -1
    for (let count = 0; count < 3; count++) client._doRequest()
    expect(written).toEqual(['/a', '/fresh', '/a'])
    client.requestIterator.nextRequest()
    client._doRequest()
    expect(written.at(-1)).toBe('/a')
  })

  it('sends as much as it is told to without accounts of its own', () => {
    Object.assign(client, { conn, reqsMade: 1 })
    client.requestIterator.currentRequestIndex = -1
    withoutAccounts(client)
    for (let count = 0; count < 3; count++) client._doRequest()
    expect(written).toEqual(['/a', '/fresh', '/a'])
    client._destroyConnection()
  })

  it('leaves a connection deaf', () => {
    Object.assign(client, { conn })
    client._doRequest()
    for (const event of ['error', 'end']) conn.on(event, () => expect.unreachable(event))
    client._destroyConnection()
    conn.emit('error', new Error('late'))
    conn.emit('end')
    expect(conn.destroy).toHaveBeenCalledOnce()
  })

  it('says done once when destroyed, which is what ends the run', () => {
    Object.assign(client, { conn })
    const done = vi.fn()
    client.on('done', done)
    client.destroy()
    client.destroy()
    expect(done).toHaveBeenCalledOnce()
  })
})

describe('its parser', () => {
  const parse = (text: string) => {
    const Parser = parserClassOf(client)
    const parser = new Parser(Parser.RESPONSE)
    const told: unknown[] = []
    parser[Parser.kOnHeadersComplete] = (given: typeof head) => told.push({ ...given, headers: [...given.headers] }) < 0
    parser[Parser.kOnBody] = (bytes: Buffer, start: number, length: number) =>
      told.push(bytes.toString('utf8', start, start + length))
    parser[Parser.kOnMessageComplete] = () => told.push('complete')
    return { parser, told, parsed: parser.execute(Buffer.from(text)) }
  }

  it('tells head, body and end', () => {
    const { told } = parse(`${answerHead}Content-Length: 2\r\n\r\nkk`)
    const headers = ['Connection', 'Close', 'X-A', '1', 'Content-Length', '2']
    expect(told).toMatchObject([
      { statusCode: 200, versionMinor: 1, shouldKeepAlive: false, headers },
      'kk',
      'complete',
    ])
  })

  it('keeps the connection headers, in lower case', () => {
    expect(parse(`${answerHead}Content-Length: 2\r\n\r\nk`).parser.connection).toBe('close')
  })

  it('returns an error, and does not throw it', () => {
    expect(parse('garbage\r\n').parsed).toBeInstanceOf(Error)
  })

  it('goes on with the next answer in the same bytes, and stands in it where they end', () => {
    const { told, parser } = parse(`${answerHead}Content-Length: 1\r\n\r\nkHTTP/1.1 204 No Content\r\n\r\nHTTP/1`)
    expect(told).toMatchObject([{ statusCode: 200 }, 'k', 'complete', { statusCode: 204 }, 'complete'])
    expect(parser).toMatchObject({ state: 'RESPONSE_LINE', line: 'HTTP/1' })
  })

  it('waits for the end of a line', () => {
    const { parser, parsed } = parse('garbage')
    expect(parsed).toBe(7)
    expect(parser).toMatchObject({ state: 'RESPONSE_LINE', line: 'garbage' })
  })

  it('waits for the end of the connection without a length, and can be told of it', () => {
    const { parser, told } = parse('HTTP/1.0 200 OK\r\n\r\nkk')
    expect(parser.state).toBe('BODY_RAW')
    parser.finish()
    expect(told.slice(1)).toEqual(['kk', 'complete'])
  })
})
