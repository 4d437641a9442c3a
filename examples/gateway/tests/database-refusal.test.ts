// Which errors of the database are answers, and which are defects.
import { describe, expect, it } from 'vitest'
import { refusalOf } from '../src/database-refusal.ts'

const error = (code: string | undefined, message = 'it said so') => Object.assign(new Error(message), { code })

describe('refusalOf', () => {
  it.each([
    ['ECONNREFUSED', 503],
    ['ECONNRESET', 503],
    ['57P01', 503],
    ['53300', 503],
    ['40P01', 503],
    ['40001', 503],
    ['23505', 409],
    ['23503', 404],
  ])('%s is answered with %i', (code, statusCode) => {
    const refusal = refusalOf(error(code))
    expect(refusal?.statusCode).toBe(statusCode)
    expect(refusal?.retryAfterSeconds).toBe(statusCode === 503 ? 1 : undefined)
  })

  it('tells a pool that is empty from a database that is away', () => {
    expect(refusalOf(error(undefined, 'timeout exceeded when trying to connect'))?.message).toMatch(/in use/)
    expect(refusalOf(error(undefined, 'Connection terminated unexpectedly'))?.message).toMatch(/cannot be reached/)
  })

  it.each(['42601', '42P01', '22P02', undefined])('%s is a defect', (code) => {
    expect(refusalOf(error(code))).toBeUndefined()
  })
})
