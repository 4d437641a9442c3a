// autocannon's own parser, made strict: what it is told is HTTP, and what is not.
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import type { AnswerParserClass, AutocannonClient } from '../../../src/drivers/autocannon-client.ts'
import { listenToAnswers } from '../../../src/drivers/autocannon-parser.ts'

const { HTTPParser } = createRequire(createRequire(import.meta.url).resolve('autocannon/lib/httpClient.js'))(
  'http-parser-js',
) as { HTTPParser: AnswerParserClass }

const plain = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nkk'
const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

/** What is told of an answer that arrives in one piece, or byte by byte. */
function parse(answer: string, pieces: readonly string[] = [answer]): string {
  const told: string[] = []
  const client = { parser: new HTTPParser(HTTPParser.RESPONSE) } as AutocannonClient
  client.parser = listenToAnswers(client, {
    arriving: () => {},
    head: () => false,
    body: (bytes) => told.push(bytes.toString()),
    complete: () => told.push('.'),
    broken: () => {
      told.push('broken')
      client.parser = new HTTPParser(HTTPParser.RESPONSE)
    },
  })
  const { parser } = client
  for (const piece of pieces) if (client.parser === parser) parser.execute(Buffer.from(piece))
  return told.join('')
}

describe('an answer', () => {
  it.each([
    ['with a length', plain, 'kk.'],
    ['without a reason', plain.replace(' OK', ''), 'kk.'],
    ['with an empty header', plain.replace('content', 'x-a:\r\ncontent'), 'kk.'],
    ['after another, with an empty line between', `${plain}\r\n${plain}`, 'kk.kk.'],
    ['in chunks', `${chunked}2\r\nok\r\n0A\r\n0123456789\r\n0\r\n\r\n`, 'ok0123456789.'],
    ['in chunks with extensions', `${chunked}2;a="b c"\r\nok\r\n0;z\r\n\r\n`, 'ok.'],
    ['with trailers', `${chunked}2\r\nok\r\n0\r\nx-sum: 1\r\nx-b:\r\n\r\n`, 'ok.'],
  ])('%s', (_, answer, told) => {
    expect(parse(answer)).toBe(told)
    expect(parse(answer, [...answer])).toBe(told)
  })

  it.each([
    ['a status of four digits', plain.replace('200', '2000')],
    ['a status of two digits', plain.replace('200', '20')],
    ['a line that is no header', plain.replace('content', 'no header\r\ncontent')],
    ['a header without a name', plain.replace('content', ': a\r\ncontent')],
    ['a blank in the name of a header', plain.replace('content', 'x-a : 1\r\ncontent')],
    ['a folded header', plain.replace('content', 'x-a: 1\r\n more\r\ncontent')],
    ['a length that is no number', plain.replace(': 2', ': 2abc')],
    ['a length in hexadecimal', plain.replace(': 2', ': 0x2')],
    ['an empty length', plain.replace(': 2', ':')],
    ['two lengths', plain.replace('content', 'Content-Length: 2\r\ncontent')],
    ['a length and chunks', `${chunked.replace('Transfer', 'Content-Length: 2\r\nTransfer')}2\r\nok\r\n0\r\n\r\n`],
    ['chunks and a length', plain.replace('\r\n\r\n', '\r\ntransfer-encoding: chunked\r\n\r\n')],
    ['a chunk size that is none', `${chunked}zz\r\nok\r\n0\r\n\r\n`],
    ['a negative chunk size', `${chunked}-2\r\nok\r\n0\r\n\r\n`],
    ['an empty chunk size', `${chunked}\r\n\r\n`],
    ['text behind a chunk size', `${chunked}2ok\r\nok\r\n0\r\n\r\n`],
    ['a page after a chunk', `${chunked}3\r\nabc\r\n<html>boom\r\n\r\n`],
    ['a trailer that is no header', `${chunked}2\r\nok\r\n0\r\nboom\r\n\r\n`],
  ])('is broken by %s', (_, answer) => {
    expect(parse(answer)).toMatch(/^[a-z]*broken$/)
    expect(parse(answer, [...answer])).toMatch(/^[a-z]*broken$/)
  })

  it.each(['SSH-2.0', `${chunked}3\r\nabc\r\n<html>boom`])('is broken before the end of a line: %j', (answer) => {
    expect(parse(answer)).toMatch(/broken$/)
  })
})
