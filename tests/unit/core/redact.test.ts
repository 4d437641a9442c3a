// Secrets never reach a report: what is taken out, and what is left alone.
import { describe, expect, it } from 'vitest'
import { redactHeaders, redactText, redactUrl } from '../../../src/core/redact.ts'

describe('redactUrl()', () => {
  it.each([
    ['http://ann:pa55@host/x', 'http://[redacted]@host/x'],
    ['http://ann@host/x', 'http://[redacted]@host/x'],
    ['/x?token=abc&page=2', '/x?token=[redacted]&page=2'],
    ['/x?page=2&access_token=abc', '/x?page=2&access_token=[redacted]'],
    ['/x?apiKey=abc', '/x?apiKey=[redacted]'],
    ['/x?APIKEY=abc', '/x?APIKEY=[redacted]'],
    ['/x?client_secret=a%20b', '/x?client_secret=[redacted]'],
    ['/x?password=a&passwords=b', '/x?password=[redacted]&passwords=[redacted]'],
    ['/x?X-Amz-Signature=ab&sig=cd', '/x?X-Amz-Signature=[redacted]&sig=[redacted]'],
    ['/callback?code=ab&state=cd', '/callback?code=[redacted]&state=cd'],
    ['/x?session=ab&sessionId=cd', '/x?session=[redacted]&sessionId=[redacted]'],
    ['/x?%74oken=ab', '/x?%74oken=[redacted]'],
    ['/x#access_token=ab', '/x#access_token=[redacted]'],
    ['/x?auth[token]=ab', '/x?auth[token]=[redacted]'],
  ])('%s', (url, redacted) => {
    expect(redactUrl(url)).toBe(redacted)
  })

  it.each(['http://host:80/a@b?page=2', '/users?sort=name&limit=5', '/x?encoding=utf8', '/', '/x?%zz=1'])(
    'leaves %s alone',
    (url) => {
      expect(redactUrl(url)).toBe(url)
    },
  )
})

describe('redactText()', () => {
  it.each([
    ['GET http://ann:pa55@host/x?key=k answered 500', 'GET http://[redacted]@host/x?key=[redacted] answered 500'],
    ['Authorization: Bearer ab.cd', 'Authorization: [redacted]'],
    ['sent Bearer ab.cd to it', 'sent Bearer [redacted] to it'],
    ['a: 1\r\nset-cookie: id=7; Path=/\r\nb: 2', 'a: 1\r\nset-cookie: [redacted]\r\nb: 2'],
    ['{"user":"ann","password":"pa\\"55","n":1}', '{"user":"ann","password":"[redacted]","n":1}'],
    ["{ apiKey: 'x', 'token': 'abc' }", `{ apiKey: 'x', 'token': "[redacted]" }`],
    ['x-api-key: abc', 'x-api-key: [redacted]'],
    ['failed: token: abc', 'failed: token: [redacted]'],
  ])('%s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted)
  })

  it('leaves text without secrets alone', () => {
    const text = 'connect ECONNREFUSED 127.0.0.1:3000 after 3 tries: "name":"ann", status=503'
    expect(redactText(text)).toBe(text)
  })

  it('takes time in proportion to the text', () => {
    const started = performance.now()
    for (const part of ['a', 'token', '"', '=', 'key-', ' ', 'http://', "'a':"]) redactText(part.repeat(100_000))
    expect(performance.now() - started).toBeLessThan(3000)
  })
})

describe('redactHeaders()', () => {
  it('takes out the values of headers that carry secrets, whatever their case', () => {
    const headers = {
      authorization: 'Bearer a',
      Cookie: 'id=1',
      'set-cookie': ['id=1', 'b=2'],
      'proxy-authorization': 'Basic a',
      'X-Api-Key': 'a',
      'x-auth-token': 'a',
    }
    const names = Object.keys(headers)
    expect(redactHeaders(headers)).toEqual(Object.fromEntries(names.map((name) => [name, '[redacted]'])))
  })

  it('leaves the others alone', () => {
    const headers = { accept: '*/*', 'content-type': 'text/plain', 'content-encoding': 'gzip', via: ['a', 'b'] }
    expect(redactHeaders(headers)).toEqual(headers)
  })
})
