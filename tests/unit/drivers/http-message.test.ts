// What of a request is made once, and what for every iteration.
import { describe, expect, it } from 'vitest'
import type { HttpOptions } from '../../../src/core/http-request.ts'
import { http } from '../../../src/core/http-request.ts'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import { messageMaker } from '../../../src/drivers/http-message.ts'

function makerFor(options: HttpOptions) {
  const { target } = planLoad(http.post('http://127.0.0.1:1/a?b=c', options), { rate: 1 }, defaultSettings)
  if (target.kind !== 'http' || !target.requests[0]) throw new Error('no request')
  return messageMaker(target.requests[0])
}

describe('a message', () => {
  it('that never changes is made once', () => {
    const messageOf = makerFor({ json: { a: 1 }, headers: { 'X-Y': 'z' } })
    expect(messageOf(0)).toBe(messageOf(1))
    expect(messageOf(0)).toMatchObject({
      method: 'POST',
      path: '/a?b=c',
      headers: ['content-type', 'application/json', 'x-y', 'z'],
      body: Buffer.from('{"a":1}'),
    })
  })

  it('has the headers and the body of its iteration where functions make them', () => {
    const messageOf = makerFor({ json: (i: number) => [i], headers: (i) => ({ 'X-I': String(i) }) })
    expect(messageOf(7)).toMatchObject({
      headers: ['content-type', 'application/json', 'x-i', '7'],
      body: Buffer.from('[7]'),
    })
    expect(messageOf(8).body).toEqual(Buffer.from('[8]'))
  })

  it('may be bytes, a part of a larger buffer too', () => {
    const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1, 3)
    expect(makerFor({ body: () => bytes })(0).body).toEqual(Buffer.from([1, 2]))
    expect(makerFor({ body: new Uint8Array(0) })(0).body).toEqual(Buffer.alloc(0))
  })

  it('is not made of anything else', () => {
    const body = (() => ({ not: 'text' })) as unknown as () => string
    expect(() => makerFor({ body })(0)).toThrow(/the body must be text or bytes, got \{"not":"text"\}/)
  })
})
