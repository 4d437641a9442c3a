// Secrets never reach a report: what is taken out, and what is left alone.
import { describe, expect, it } from 'vitest'
import { redactText, redactUrl, redactValue } from '../../../src/core/redact.ts'

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
    ["{ apiKey: 'x', 'token': 'abc', n: 1 }", "{ apiKey: '[redacted]', 'token': '[redacted]', n: 1 }"],
    ['x-api-key: abc', 'x-api-key: [redacted]'],
    ['failed: token: abc', 'failed: token: [redacted]'],
    ['boot password=hunter2 Authorization: Bearer ab', 'boot password=[redacted] Authorization: [redacted]'],
    ['password="hunter 2" user=ann', 'password="[redacted]" user=ann'],
    ['redirect=token=ab msg="pwd=cd"', 'redirect=token=[redacted] msg="pwd=[redacted]"'],
    ['to postgres://u:p@55@h/db now', 'to postgres://[redacted]@h/db now'],
    ['node a.js --token ab --level 3', 'node a.js --token [redacted] --level 3'],
    [`node a.js --api-key="a b" -password 'c d' x`, `node a.js --api-key="[redacted]" -password '[redacted]' x`],
    ['node a.js --token=ab API_KEY=cd', 'node a.js --token=[redacted] API_KEY=[redacted]'],
    ['{"pwd":12345,"cookie":["a","b"],"n":1}', '{"pwd":[redacted],"cookie":[redacted],"n":1}'],
    ['{"key":"ab\\\\","secret":"cd"}', '{"key":"[redacted]","secret":"[redacted]"}'],
    [
      JSON.stringify({ body: JSON.stringify({ apiKey: 'a"b\\', n: 1 }), n: 2 }),
      JSON.stringify({ body: JSON.stringify({ apiKey: '[redacted]', n: 1 }), n: 2 }),
    ],
    [
      JSON.stringify(JSON.stringify(JSON.stringify({ secret: 'a"b', token: 'c', n: 1 }))),
      JSON.stringify(JSON.stringify(JSON.stringify({ secret: '[redacted]', token: '[redacted]', n: 1 }))),
    ],
  ])('%s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted)
  })

  it.each([
    'connect ECONNREFUSED 127.0.0.1:3000 after 3 tries: "name":"ann", status=503',
    `{ errno: -111, code: 'ECONNREFUSED', syscall: 'connect' } {"statusCode":500,"code":"E1"}`,
    'node server.js --port 3000 --name=app -v',
  ])('leaves %s alone', (text) => {
    expect(redactText(text)).toBe(text)
  })

  it('does not change what it has redacted', () => {
    const once = redactText(`{"key":"a"} token: b --pwd c password='d' e://f:g@h/?sig=i`)
    expect(redactText(once)).toBe(once)
  })

  // Time that grows with the square of the text would be minutes here: the limit of the test notices.
  it('takes time in proportion to the text', { timeout: 60_000 }, () => {
    for (const part of [
      'a',
      'token',
      '"',
      '=',
      'key-',
      ' ',
      'http://',
      "'a':",
      '\\',
      'a=',
      '--key ',
      '"a":"',
      '\\"key":\\"',
    ]) {
      expect(redactText(part.repeat(100_000)).length).toBeGreaterThan(0)
    }
  })
})

describe('redactValue()', () => {
  it.each(['authorization', 'Cookie', 'set-cookie', 'proxy-authorization', 'X-Api-Key', 'env.ACCESS_TOKEN'])(
    'takes out what %s holds',
    (name) => {
      expect(redactValue(name, 'ab')).toBe('[redacted]')
    },
  )

  it('takes only secrets out of others', () => {
    expect(redactValue('content-encoding', 'gzip')).toBe('gzip')
    expect(redactValue('status-code', '7')).toBe('7')
    expect(redactValue('location', '/?token=ab')).toBe('/?token=[redacted]')
  })
})
