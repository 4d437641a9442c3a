// How all mistakes of one call become one readable error.
import { describe, expect, it } from 'vitest'
import { LoadTestError } from '../../../src/core/errors.ts'
import { nearest, Problems, show } from '../../../src/core/problems.ts'

describe('Problems', () => {
  it('throws nothing when there are none', () => {
    const problems = new Problems('load()')
    expect(problems.none).toBe(true)
    expect(() => problems.throwIfAny()).not.toThrow()
  })

  it('does not show the value of what is named as a secret', () => {
    const problems = new Problems('serve()')
    problems.expected('env.API_KEY', 'text', 12345)
    expect(() => problems.throwIfAny()).toThrow('env.API_KEY: expected text, got [redacted]')
  })

  it('lists one problem in the singular', () => {
    const problems = new Problems('serve()')
    problems.add('port', 'is taken')
    expect(problems.none).toBe(false)
    expect(() => problems.throwIfAny()).toThrow(
      new LoadTestError('invalid-options', 'serve(): 1 option is wrong\n  port: is taken'),
    )
  })

  it('lists all of them, aligned, in the order in which they were found', () => {
    const problems = new Problems('load()')
    problems.expected('duration', "a time above 0 such as 10000 or '10s'", '10 secs')
    problems.expected('rate', 'requests per second above 0', -5)
    const error = thrown(() => problems.throwIfAny())
    expect(error).toBeInstanceOf(LoadTestError)
    expect(error).toMatchObject({ code: 'invalid-options', name: 'LoadTestError' })
    expect(error.message.split('\n')).toEqual([
      'load(): 2 options are wrong',
      "  duration: expected a time above 0 such as 10000 or '10s', got '10 secs'",
      '  rate:     expected requests per second above 0, got -5',
    ])
  })
})

describe('show', () => {
  const circular: Record<string, unknown> = {}
  circular.self = circular

  it.each([
    ['10 secs', "'10 secs'"],
    ['two\nlines \u001b[31m', String.raw`'two\nlines \u001b[31m'`],
    [String.raw`C:\app`, String.raw`'C:\app'`],
    [5n, '5n'],
    [-5, '-5'],
    [Number.NaN, 'NaN'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Symbol('s'), 'Symbol(s)'],
    [/x+/, '/x+/'],
    [{ a: [1] }, '{"a":[1]}'],
    [circular, '[object Object]'],
    [function named() {}, 'function named'],
    [(() => () => {})(), 'a function'],
  ])('shows %o as its author would recognise it', (value, text) => {
    expect(show(value)).toBe(text)
  })

  it('never shows more than a line', () => {
    expect(show('x'.repeat(10_000))).toHaveLength(80)
    expect(show(Array(10_000).fill('long'))).toHaveLength(80)
  })

  it.each([
    ['ftp://ann:s3cr3t@host/?token=abc', "'ftp://[redacted]@host/?token=[redacted]'"],
    ['authorization: Bearer abc', "'authorization: [redacted]'"],
    [{ url: '/', headers: { authorization: 'Bearer abc' } }, '{"url":"/","headers":{"authorization":"[redacted]"}}'],
    [{ headers: { 'x-api-key': ['abc'] } }, '{"headers":{"x-api-key":[redacted]}}'],
    [{ body: JSON.stringify({ apiKey: 'abc' }) }, String.raw`{"body":"{\"apiKey\":\"[redacted]\"}"}`],
  ])('shows no secret of %j', (value, text) => {
    expect(show(value)).toBe(text)
  })
})

describe('nearest', () => {
  const known = ['connections', 'vus', 'rate', 'duration', 'maxVUs', 'warmup']

  it.each([
    ['conections', 'connections'],
    ['Duration', 'duration'],
    ['maxVus', 'maxVUs'],
    ['vu', 'vus'],
    ['warmUp', 'warmup'],
  ])('finds what %s was meant to be', (typed, meant) => {
    expect(nearest(typed, known)).toBe(meant)
  })

  it.each([['requests'], ['x'], ['']])('finds nothing near %j', (typed) => {
    expect(nearest(typed, known)).toBeUndefined()
  })

  it('finds nothing among nothing', () => {
    expect(nearest('rate', [])).toBeUndefined()
  })
})

function thrown(call: () => void): LoadTestError {
  try {
    call()
  } catch (error) {
    return error as LoadTestError
  }
  throw new Error('nothing was thrown')
}
