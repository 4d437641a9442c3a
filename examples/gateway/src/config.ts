// Reads the environment: every setting with its default, every mistake at once.
import { type Fault, readFaults } from './faults/faults.ts'

export type Config = {
  readonly port: number
  readonly databaseUrl: string
  /** Undefined: the schema that connections of this URL see first. */
  readonly databaseSchema: string | undefined
  readonly poolSize: number
  /** How long a request waits for a connection of the pool. */
  readonly poolWait: number
  readonly webhookSecret: string
  readonly log: boolean
  readonly sessionLifetime: number
  /** Messages a second of one session, and sessions a second of one API key. */
  readonly ratePerSecond: number
  readonly maxRequests: number
  readonly maxSockets: number
  readonly maxQueued: number
  readonly cacheSize: number
  readonly cacheLifetime: number
  readonly jobsAtOnce: number
  readonly jobAttempts: number
  /** The pause after the first failed attempt; it doubles with each further one. */
  readonly jobBackoff: number
  /** An attempt that takes longer is taken for lost, and the job is handed out again. */
  readonly jobTimeout: number
  readonly faults: ReadonlySet<Fault>
}

type Environment = Readonly<Record<string, string | undefined>>

export class ConfigError extends Error {}

export function readConfig(environment: Environment): Config {
  const problems: string[] = []
  const number = (name: string, fallback: number, [least, most]: readonly [number, number]) => {
    const text = environment[name]
    if (text === undefined || text === '') return fallback
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    problems.push(`${name}: expected a whole number from ${least} to ${most}, got '${text}'`)
    return fallback
  }

  const config = {
    port: number('PORT', 3000, [0, 65_535]),
    databaseUrl: readUrl(environment, problems),
    databaseSchema: readSchema(environment, problems),
    poolSize: number('DATABASE_POOL', 10, [2, 1_000]),
    poolWait: number('DATABASE_WAIT', 2_000, [1, 600_000]),
    webhookSecret: environment.WEBHOOK_SECRET || 'dev-secret',
    log: environment.LOG === '1',
    sessionLifetime: number('SESSION_LIFETIME', 15 * 60_000, [1, 2 ** 31]),
    ratePerSecond: number('RATE_LIMIT', 100, [1, 1_000_000]),
    maxRequests: number('MAX_REQUESTS', 1_000, [1, 1_000_000]),
    maxSockets: number('MAX_SOCKETS', 5_000, [0, 1_000_000]),
    maxQueued: number('MAX_QUEUED', 10_000, [0, 10_000_000]),
    cacheSize: number('CACHE_SIZE', 1_000, [1, 1_000_000]),
    cacheLifetime: number('CACHE_LIFETIME', 30_000, [1, 2 ** 31]),
    jobsAtOnce: number('JOBS_AT_ONCE', 2, [1, 100]),
    jobAttempts: number('JOB_ATTEMPTS', 3, [1, 100]),
    jobBackoff: number('JOB_BACKOFF', 500, [1, 600_000]),
    jobTimeout: number('JOB_TIMEOUT', 30_000, [1_000, 3_600_000]),
    faults: readFaults(environment.GATEWAY_FAULTS, problems),
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return config
}

function readUrl({ DATABASE_URL: text }: Environment, problems: string[]): string {
  const shape = 'the URL of a PostgreSQL database, such as postgres://user:password@127.0.0.1:5432/gateway'
  if (!text) problems.push(`DATABASE_URL: expected ${shape}, got nothing`)
  else if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    problems.push(`DATABASE_URL: expected ${shape}, got something else`) // it may hold a password, so it is not shown
  }
  return text ?? ''
}

function readSchema({ DATABASE_SCHEMA: text }: Environment, problems: string[]): string | undefined {
  if (!text) return undefined
  if (!/^[a-z_][a-z0-9_]{0,49}$/.test(text)) {
    problems.push(`DATABASE_SCHEMA: expected up to 50 of a-z, 0-9 and _, no digit first, got '${text}'`)
  }
  return text
}
