// One PostgreSQL: its data made, its process started, what it says passed on.
import { type ChildProcess, type ExecFileOptions, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findAccount } from './account.ts'
import { installPrograms } from './installation.ts'

export interface PostgresPlan {
  /** All it needs is put in here. */
  readonly folder: string
  readonly port: number
  /** Whether a commit waits for the disk. */
  readonly fsync: boolean
  /** Aborted: a start under way is given up. */
  readonly signal: AbortSignal
}

export interface Postgres {
  readonly url: string
  /** Resolves with how it ended: `exit code 1`, `signal SIGKILL`. */
  readonly ended: Promise<string>
}

const user = 'postgres'
const readyLine = 'database system is ready to accept connections'

/** Resolves when it can be connected to. */
export async function startPostgres({ folder, port, fsync, signal }: PostgresPlan): Promise<Postgres> {
  const account = findAccount()
  const programs = join(folder, 'programs')
  installPrograms(programs)
  const secret = randomBytes(16).toString('hex')
  const surroundings = {
    ...account,
    // Readable to the account, which the directory this was started in need not be.
    cwd: folder,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' },
  }
  // initdb fills an empty folder that is its account's own.
  const data = join(folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, secret, { mode: 0o600 })
  if (account) for (const path of [data, secretFile]) chownSync(path, account.uid, account.gid)

  await makeData(join(programs, 'bin/initdb'), [`--pgdata=${data}`, `--pwfile=${secretFile}`], {
    ...surroundings,
    signal,
  })
  signal.throwIfAborted()
  const child = spawn(join(programs, 'bin/postgres'), ['-D', data, ...settings(port, fsync)], {
    ...surroundings,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit').then(([code, by]) => (by === null ? `exit code ${code}` : `signal ${by}`))
  await untilReady(child, ended, port)
  return { url: `postgres://${user}:${secret}@127.0.0.1:${port}/postgres`, ended }
}

async function makeData(initdb: string, where: readonly string[], options: ExecFileOptions): Promise<void> {
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const args = [...where, `--username=${user}`, '--auth=scram-sha-256', ...locale, '--no-sync', '--no-instructions']
  try {
    await promisify(execFile)(initdb, args, options)
  } catch (error) {
    const { code, message, stderr } = error as { code: unknown; message: string; stderr?: string }
    if (typeof code !== 'string') throw new Error(`initdb could not make the data of PostgreSQL:\n${stderr?.trim()}`)
    throw new Error(
      `PostgreSQL's programs could not be started in ${tmpdir()} (${message}): set TMPDIR to a folder that every account may enter and where programs may run, or set DATABASE_URL to use another PostgreSQL`,
    )
  }
}

function settings(port: number, fsync: boolean): string[] {
  const chosen = {
    port,
    listen_addresses: '127.0.0.1',
    // TCP alone: the folder's path may be too long for the address of a socket.
    unix_socket_directories: '',
    // In the data folder, so that nothing stays behind in /dev/shm when it is killed.
    dynamic_shared_memory_type: 'mmap',
    shared_buffers: '32MB',
    max_wal_size: '256MB',
    log_checkpoints: 'off',
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  return Object.entries(chosen).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Passes on what it says, from the beginning to its end. */
async function untilReady(child: ChildProcess, ended: Promise<string>, port: number): Promise<void> {
  let log = ''
  const ready = new Promise<void>((resolve) => {
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text)
      if (log.includes(readyLine)) return
      log += text
      if (log.includes(readyLine)) resolve()
    })
  })
  const drained = once(child, 'close')
  const exit = await Promise.race([ready, ended])
  if (exit === undefined) return
  await drained
  if (log.includes('Address already in use')) {
    throw new Error(`port ${port} is taken by another process: end that one, or set PORT to a free one`)
  }
  throw new Error(`PostgreSQL ended before it was ready: ${exit}; what it wrote is above`)
}
