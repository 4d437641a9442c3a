// So many a second for each caller, not one more, and bounded memory.
import { describe, expect, it } from 'vitest'
import { limitCalls } from '../src/call-limit.ts'
import { RateLimit } from '../src/rate-limit.ts'
import { Refusal } from '../src/refusal.ts'

describe('RateLimit', () => {
  it('lets one second’s worth pass at once, then says how long to wait', () => {
    const limit = new RateLimit(5)
    expect([1, 2, 3, 4, 5].map(() => limit.take('a', 0))).toEqual([0, 0, 0, 0, 0])
    expect(limit.take('a', 0)).toBe(200)
    expect(limit.take('a', 50)).toBeCloseTo(150)
    expect(limit.take('a', 200)).toBe(0)
  })

  it('lets exactly the rate pass over a long time, however much is asked', () => {
    const limit = new RateLimit(50)
    let passed = 0
    for (let now = 0; now < 10_000; now++) if (limit.take('a', now) === 0) passed++
    expect(passed).toBeGreaterThanOrEqual(549) // 50 at once, and 50 in each second
    expect(passed).toBeLessThanOrEqual(550)
  })

  it('saves up no more than a second’s worth', () => {
    const limit = new RateLimit(2)
    limit.take('a', 0)
    expect([1, 2, 3].map(() => limit.take('a', 60_000))).toEqual([0, 0, 500])
  })

  it('counts each caller alone', () => {
    const limit = new RateLimit(1)
    expect([limit.take('a', 0), limit.take('b', 0), limit.take('a', 0)]).toEqual([0, 0, 1000])
  })

  it('remembers who has not waited long enough, across every boundary', () => {
    for (let start = 0; start < 2_000; start += 50) {
      const limit = new RateLimit(1)
      limit.take('other', 0)
      expect(limit.take('a', start)).toBe(0)
      limit.take('other', start + 500)
      expect(limit.take('a', start + 999)).toBeCloseTo(1)
      expect(limit.take('a', start + 1_000)).toBe(0)
    }
  })

  it('forgets who was quiet for two seconds', () => {
    const limit = new RateLimit(1)
    for (let n = 0; n < 1_000; n++) limit.take(`caller ${n}`, n)
    for (const now of [1_000, 2_000]) limit.take('a', now)
    expect(limit.size).toBe(2)
  })
})

describe('limitCalls', () => {
  it('refuses with 429 and the seconds to wait', () => {
    const limit = limitCalls(1)
    limit('a')
    const error = (() => {
      try {
        limit('a')
      } catch (refusal) {
        return refusal as Refusal
      }
    })()
    expect(error).toBeInstanceOf(Refusal)
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      statusCode: 429,
      error: 'Too Many Requests',
      message: 'more than 1 requests a second',
      retryAfter: 1,
    })
  })
})
