// What an answer means for the request it answers.
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { RequestPlan } from '../../../src/core/target.ts'
import { judgeAnswer, type ReadAnswer } from '../../../src/drivers/answer.ts'

const request: RequestPlan = { name: 'x', method: 'GET', origin: 'http://127.0.0.1', path: '/x', headers: {} }
const notRead: ReadAnswer = () => {
  throw new Error('read without need')
}
const judge = (asked: Partial<RequestPlan>, status: number, read = notRead) => {
  const fault = judgeAnswer({ ...request, ...asked }, status, read)
  return fault && { kind: fault.kind, example: fault.example }
}

describe('judgeAnswer() without an expectation', () => {
  it.each([200, 204, 301, 399])('takes %i as ok', (status) => {
    expect(judge({}, status)).toBeUndefined()
  })

  it.each([
    [101, 'unexpected', 'GET /x answered 101 Switching Protocols'],
    [404, 'http-4xx', 'GET /x answered 404 Not Found'],
    [503, 'http-5xx', 'GET /x answered 503 Service Unavailable'],
    [599, 'http-5xx', 'GET /x answered 599'],
  ])('does not take %i', (status, kind, example) => {
    expect(judge({}, status)).toEqual({ kind, example })
  })

  it('keeps secrets out of the example', () => {
    expect(judge({ path: '/x?token=abc' }, 500)?.example).toBe(
      'GET /x?token=[redacted] answered 500 Internal Server Error',
    )
  })
})

describe('judgeAnswer() with statuses', () => {
  it('takes exactly those', () => {
    expect(judge({ statuses: [404, 201] }, 404)).toBeUndefined()
    expect(judge({ statuses: [404, 201] }, 201)).toBeUndefined()
    expect(judge({ statuses: [404, 201] }, 200)).toEqual({
      kind: 'unexpected',
      example: 'GET /x answered 200 OK, expected 404 or 201',
    })
  })

  it('still says which class of error it was', () => {
    expect(judge({ statuses: [201] }, 409)?.kind).toBe('http-4xx')
    expect(judge({ statuses: [201] }, 500)?.kind).toBe('http-5xx')
  })
})

describe('judgeAnswer() with a function', () => {
  const read: ReadAnswer = () => ({ headers: { 'x-id': '7' }, body: '{"id":7}' })

  it('shows it status, headers and body, and does what it says', () => {
    const accept: RequestPlan['accept'] = ({ status, headers, body, json }) =>
      status === 500 && headers['x-id'] === '7' && body.length === 8 && (json() as { id: number }).id === 7
    expect(judge({ accept }, 500, read)).toBeUndefined()
    expect(judge({ accept }, 200, read)).toEqual({
      kind: 'unexpected',
      example: 'GET /x answered 200 OK, which expect did not accept',
    })
  })

  it('counts a throw as thrown', () => {
    const accept = () => {
      throw new TypeError('no token: abc')
    }
    expect(judge({ accept }, 200, read)).toEqual({
      kind: 'thrown',
      example: 'GET /x answered 200 OK, and expect threw TypeError: no token: [redacted]',
    })
  })

  it('does not take a promise for a yes', () => {
    const accept = (async () => true) as unknown as RequestPlan['accept']
    expect(judge({ accept }, 200, read)?.example).toContain('instead of true or false')
  })

  it('leaves no rejection behind when that promise rejects', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    onTestFinished(() => {
      process.off('unhandledRejection', unhandled)
    })
    const accept = (async () => {
      throw new Error('nobody waits for this')
    }) as unknown as RequestPlan['accept']
    expect(judge({ accept }, 200, read)?.kind).toBe('unexpected')
    await eventLoopTurn()
    expect(unhandled).not.toHaveBeenCalled()
  })
})
