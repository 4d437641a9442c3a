// Defaults, and every mistake of the environment at once.
import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../src/config.ts'

const databaseUrl = 'postgres://gateway:secret@127.0.0.1:5432/gateway'

function problemsOf(environment: Record<string, string>): string {
  try {
    readConfig(environment)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  return 'none'
}

describe('readConfig', () => {
  it('needs the database only', () => {
    expect(readConfig({ DATABASE_URL: databaseUrl })).toMatchObject({
      databaseUrl,
      databaseSchema: undefined,
      port: 3000,
      poolSize: 10,
      log: false,
      jobAttempts: 3,
    })
  })

  it('takes what is set', () => {
    const environment = { DATABASE_URL: databaseUrl, PORT: '0', DATABASE_SCHEMA: 'run_1', DATABASE_POOL: '4', LOG: '1' }
    expect(readConfig(environment)).toMatchObject({ port: 0, databaseSchema: 'run_1', poolSize: 4, log: true })
  })

  it('says what is missing', () => {
    expect(problemsOf({})).toBe(
      'DATABASE_URL: expected the URL of a PostgreSQL database, such as postgres://user:password@127.0.0.1:5432/gateway, got nothing',
    )
  })

  it('names every mistake at once', () => {
    const problems = problemsOf({
      DATABASE_URL: databaseUrl,
      PORT: '80a',
      DATABASE_POOL: '1',
      DATABASE_SCHEMA: 'Drop Table',
      JOB_BACKOFF: '-5',
    })
    expect(problems.split('\n')).toEqual([
      "PORT: expected a whole number from 0 to 65535, got '80a'",
      "DATABASE_SCHEMA: expected up to 50 of a-z, 0-9 and _, no digit first, got 'Drop Table'",
      "DATABASE_POOL: expected a whole number from 2 to 1000, got '1'",
      "JOB_BACKOFF: expected a whole number from 1 to 600000, got '-5'",
    ])
  })

  it('shows no password', () => {
    const problems = problemsOf({ DATABASE_URL: 'mysql://root:geheim@127.0.0.1/gateway' })
    expect(problems).toMatch(/^DATABASE_URL: expected .* got something else$/)
    expect(problems).not.toContain('geheim')
  })
})
