// What can be loaded, and what is said of what cannot.
import { describe, expect, it } from 'vitest'
import { http } from '../../../src/core/http-request.ts'
import { Problems } from '../../../src/core/problems.ts'
import { isPlainData, planTarget, type RequestPlan } from '../../../src/core/target.ts'

const base = 'http://127.0.0.1:3000'

describe('a URL', () => {
  it('is a GET request', () => {
    expect(requests(`${base}/users/7?full=1#top`)).toEqual([
      { name: 'GET /users/7', method: 'GET', origin: base, path: '/users/7?full=1', headers: {} },
    ])
  })

  it('may be IPv6, and leaves the default port out', () => {
    expect(requests('http://[::1]:80/')[0]).toMatchObject({ origin: 'http://[::1]', path: '/' })
  })

  it('that is a path alone is joined to the whole base URL', () => {
    expect(requests('/health', base)[0]).toMatchObject({ origin: base, path: '/health' })
    expect(requests('/health?deep=1', `${base}/api/`)[0]).toMatchObject({ origin: base, path: '/api/health?deep=1' })
    expect(requests('//example.com/x', base)[0]?.origin).toBe(base)
  })

  it('that is whole does not care about the base URL', () => {
    expect(requests('http://127.0.0.1:4000/x', `${base}/api`)[0]?.origin).toBe('http://127.0.0.1:4000')
  })
})

describe('a request', () => {
  it('sends JSON with its content type, names in lower case', () => {
    const [request] = requests(http.post(`${base}/sessions`, { json: { id: 1 }, headers: { 'X-Request': 'a' } }))
    expect(request).toEqual({
      name: 'POST /sessions',
      method: 'POST',
      origin: base,
      path: '/sessions',
      headers: { 'content-type': 'application/json', 'x-request': 'a' },
      body: '{"id":1}',
    })
  })

  it('lets a header of its own win over the content type of JSON', () => {
    const [request] = requests(http.post(base, { json: {}, headers: { 'Content-Type': 'application/ld+json' } }))
    expect(request?.headers).toEqual({ 'content-type': 'application/ld+json' })
  })

  it('sends null and false as JSON', () => {
    expect(
      requests([http.post(base, { json: null }), http.post(base, { json: false })]).map(({ body }) => body),
    ).toEqual(['null', 'false'])
  })

  it('makes bodies and headers per iteration', () => {
    const [request] = requests(
      http.put(base, { json: (i: number) => ({ i }), headers: (i) => ({ 'X-Number': String(i) }) }),
    )
    expect(request?.bodyOf?.(7)).toBe('{"i":7}')
    expect(request?.headersOf?.(7)).toEqual({ 'x-number': '7' })
  })

  it('may say the length of its body', () => {
    const headers = { 'content-length': '7' }
    expect(requests(http.put(base, { body: 'größe', headers }))[0]).toMatchObject({ headers })
  })

  it.each([{ connection: 'close' }, { 'content-length': '3' }, { 'a b': 'c' }, { a: 'b\r\nc: d' }])(
    'may not make a header that cannot be sent: %j',
    (headers) => {
      const [request] = requests(http.put(base, { body: 'ok', headers: () => headers as never }))
      expect(() => request?.headersOf?.(0)).toThrow(TypeError)
    },
  )

  it.each([
    ['json', http.put(base, { json: async () => ({}) })],
    ['body', http.put(base, { body: (async () => Promise.reject(new Error('no'))) as never })],
    ['headers', http.put(base, { headers: (async () => ({})) as never })],
  ])('may not make %s with an async function', (option, target) => {
    const [request] = requests(target)
    expect(() => (request?.bodyOf ?? request?.headersOf)?.(0)).toThrow(`the function for ${option} returned a promise`)
  })

  it('may not make a body of nothing', () => {
    const [request] = requests(http.put(base, { json: () => undefined }))
    expect(() => request?.bodyOf?.(0)).toThrow('undefined is no JSON')
  })

  it('has a name of its own and expectations', () => {
    const accept = () => true
    expect(requests(http.get(base, { name: 'home', expect: 404 }))[0]).toMatchObject({ name: 'home', statuses: [404] })
    expect(requests(http.get(base, { expect: [200, 404] }))[0]).toMatchObject({ statuses: [200, 404] })
    expect(requests(http.get(base, { expect: accept }))[0]).toMatchObject({ accept })
  })

  it('is frozen, with the method of its verb', () => {
    expect(Object.values(http).map((make) => make(base).method)).toEqual([
      ...['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
    ])
    expect(Object.isFrozen(http.get(base))).toBe(true)
  })
})

describe('plain data', () => {
  it.each([
    ['a URL', base, true],
    ['requests of data', [base, http.post(base, { json: { a: 1 }, expect: 201, headers: { a: 'b' } })], true],
    ['a body function', http.post(base, { body: () => '' }), false],
    ['a JSON function', [base, http.post(base, { json: () => 1 })], false],
    ['a headers function', http.get(base, { headers: () => ({}) }), false],
    ['an expect function', http.get(base, { expect: () => true }), false],
    ['a function', () => {}, false],
  ])('%s: %s -> %s', (_, target, plain) => {
    expect(isPlainData(planTarget(target, undefined, new Problems('load()')))).toBe(plain)
  })
})

describe('a wrong target', () => {
  const url = "expected an http: or https: URL such as 'http://127.0.0.1:3000/health'"

  it.each([
    [undefined, 'target: expected a URL, http.get(url), a list of them, or a function, got undefined'],
    [42, 'target: expected a URL, http.get(url), a list of them, or a function, got 42'],
    [{ url: base }, `target: expected a URL, http.get(url), a list of them, or a function, got {"url":"${base}"}`],
    [[], 'target: expected at least one request, got []'],
    ['', `target: ${url}, got ''`],
    ['localhost:3000/x', `target: ${url}, got 'localhost:3000/x'`],
    ['ftp://127.0.0.1/', `target: ${url}, got 'ftp://127.0.0.1/'`],
    [[base, 'nonsense'], `target[1]: ${url}, got 'nonsense'`],
    [
      '/health',
      "target: '/health' is a path alone: set baseUrl in loadTesting({ baseUrl }) or VITEST_LOAD_BASE_URL, or give a whole URL",
    ],
    ['http://ann:pw@127.0.0.1/', 'target: a URL with user and password in it: send an authorization header instead'],
  ])('%j', (target, text) => {
    expect(mistakes(target)).toEqual([text])
  })

  it('names a base URL that is none', () => {
    expect(mistakes('/health', 'localhost:3000')).toEqual([
      "baseUrl: expected an http: or https: URL such as 'http://127.0.0.1:3000', got 'localhost:3000'",
    ])
  })

  it('has options that are not known', () => {
    expect(mistakes({ ...http.get(base), header: {} })).toEqual([
      'target.header: unknown option; did you mean headers?',
    ])
  })

  it('is told all that is wrong with it, without the mistakes of one request hiding those of another', () => {
    const list = [http.post('nonsense', { json: 1, body: 'x', expect: 42 }), http.get(base, { headers: 'x' as never })]
    expect(mistakes(list)).toEqual([
      `target[0]:         ${url}, got 'nonsense'`,
      'target[0]:         has json and body: give one of them',
      'target[0].expect:  expected a status such as 201, a list of them, or a function of the response, got 42',
      "target[1].headers: expected an object or a function, got 'x'",
    ])
  })

  const circular: Record<string, unknown> = {}
  circular.self = circular
  it.each([
    ['a circular json', http.post(base, { json: circular }), /^target\.json: .*circular/],
    ['a bigint in json', http.post(base, { json: { id: 1n } }), /^target\.json: .*BigInt/],
    ['a json that JSON does not know', http.post(base, { json: Symbol('x') as never }), /^target\.json: /],
    ['a body that is an object', http.post(base, { body: {} as never }), /^target\.body: /],
    ['an expectation that nothing can meet', http.get(base, { expect: [] }), /^target\.expect: /],
    ['a header with a line break', http.get(base, { headers: { a: 'b\r\nc: d' } }), /^target\.headers: /],
    ['a header name with a blank', http.get(base, { headers: { 'a b': 'c' } }), /^target\.headers: /],
    [
      'a transfer encoding',
      http.post(base, { headers: { 'Transfer-Encoding': 'chunked' } }),
      /^target\.headers: 'Transfer-Encoding' cannot/,
    ],
    [
      'a connection header',
      http.get(base, { headers: { connection: 'close' } }),
      /^target\.headers: 'connection' cannot/,
    ],
    ['an expect header', http.post(base, { headers: { expect: '100-continue' } }), /^target\.headers: 'expect' cannot/],
    ['an upgrade', http.get(base, { headers: { upgrade: 'websocket' } }), /^target\.headers: 'upgrade' cannot/],
    [
      'another length than its body',
      http.post(base, { body: 'größe', headers: { 'Content-Length': '5' } }),
      "target.headers: 'Content-Length' must be the length of the body, got '5': leave it out, it is sent by itself",
    ],
    [
      'a length of a fresh body',
      http.post(base, { body: () => 'ok', headers: { 'content-length': '2' } }),
      /must be the length/,
    ],
    ['a header without a value', http.get(base, { headers: { a: undefined as never } }), /^target\.headers: /],
    ['headers as a list', http.get(base, { headers: ['a'] as never }), /^target\.headers: /],
    ['headers that are nothing', http.get(base, { headers: null as never }), /^target\.headers: /],
    ['a name that is no text', http.get(base, { name: 5 as never }), /^target\.name: /],
    ['a method that is none', { ...http.get(base), method: 'GET /' }, /^target\.method: /],
    ['no method', { kind: 'http', url: base }, /^target\.method: /],
  ])('has %s', (_, target, text) => {
    expect(mistakes(target)).toEqual([typeof text === 'string' ? text : expect.stringMatching(text)])
  })
})

function requests(target: unknown, baseUrl?: string): readonly RequestPlan[] {
  const problems = new Problems('load()')
  const plan = planTarget(target, baseUrl, problems)
  problems.throwIfAny()
  if (plan.kind !== 'http') throw new Error('expected an HTTP target')
  return plan.requests
}

function mistakes(target: unknown, baseUrl?: string): string[] {
  const problems = new Problems('load()')
  planTarget(target, baseUrl, problems)
  try {
    problems.throwIfAny()
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((row) => row.slice(2))
  }
  return []
}
