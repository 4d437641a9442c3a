// Checks everything that was asked of serve(), then starts the server and waits until it is ready.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { Problems } from '../core/problems.ts'
import { redactText } from '../core/redact.ts'
import { type Duration, parseDuration } from '../core/units.ts'
import { shellSyntaxIn, splitCommand } from '../processes/command.ts'
import { Server } from '../processes/server.ts'
import type { Ready, ServerPlan } from '../processes/server-plan.ts'

export interface ServeOptions {
  /**
   * When it is ready: a path that answers 2xx such as `'/health'`, a pattern that its log matches, or a function that
   * says true. Without it: when it accepts connections on its port.
   */
  readonly ready?: Ready
  /** How long that may take, `'30s'` unless given. */
  readonly readyTimeout?: Duration
  /** Added to the environment, over `PORT` and `NODE_ENV=production`; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Directory to start in; the current one unless given. */
  readonly cwd?: string
  /** 1 to 65535; a free one unless given. */
  readonly port?: number
  /** What reports call it; the command without its secrets unless given. */
  readonly name?: string
  /** Aborted while it starts: the server is ended and the promise rejects. */
  readonly signal?: AbortSignal
}

const optionNames = ['ready', 'readyTimeout', 'env', 'cwd', 'port', 'name', 'signal'] as const
const defaultReadyTimeout = 30_000
// The longest that a timer can wait.
const longestTimeout = 2 ** 31 - 1

/**
 * Starts the system under test as a process of its own, with a free port in `PORT` and in place of `{port}` in the
 * command, and resolves when it is ready. The command is split into words without a shell, or is an array of words.
 *
 * @throws LoadTestError `invalid-options` for wrong options (all of them at once), `server-failed` when it cannot be
 * started, ends at its start or is not ready in time, `aborted` by the signal.
 */
export async function serve(command: string | readonly string[], options: ServeOptions = {}): Promise<Server> {
  const server = new Server(planServer(command, options))
  await server.start(options.signal)
  return server
}

function planServer(command: unknown, options: unknown): ServerPlan {
  const problems = new Problems('serve()')
  const words = readCommand(command, problems)
  const given = readOptions(options, problems)
  const plan = {
    name: readName(given.name, problems) ?? redactText(typeof command === 'string' ? command : joinWords(words)),
    words,
    cwd: readDirectory(given.cwd, problems),
    env: readEnvironment(given.env, problems),
    port: readPort(given.port, problems),
    ready: readReady(given.ready, problems),
    readyTimeout: readTimeout(given.readyTimeout, problems),
  }
  if (given.signal !== undefined && !(given.signal instanceof AbortSignal)) {
    problems.expected('signal', 'an AbortSignal', given.signal)
  }
  problems.throwIfAny()
  return plan
}

function readCommand(command: unknown, problems: Problems): readonly string[] {
  const shape = "a command such as 'node server.js' or ['node', 'server.js']"
  if (typeof command === 'string') {
    const words = splitCommand(command)
    if (words === undefined) problems.expected('command', 'every quote to be closed', command)
    else if (words.length === 0) problems.expected('command', shape, command)
    const syntax = words && shellSyntaxIn(words)
    if (syntax !== undefined) {
      problems.add(
        'command',
        `there is no shell to understand '${redactText(syntax)}'; variables go into env, for the rest give ['sh', '-c', '...']`,
      )
    }
    return words ?? []
  }
  if (Array.isArray(command) && command.length > 0 && command.every((word) => typeof word === 'string')) return command
  problems.expected('command', shape, command)
  return []
}

/** With quotes where a person would need them. */
function joinWords(words: readonly string[]): string {
  return words.map((word) => (/\s/.test(word) ? JSON.stringify(word) : word)).join(' ')
}

function readOptions(options: unknown, problems: Problems): Record<string, unknown> {
  if (!isObject(options)) {
    problems.expected('options', "an object such as { ready: '/health' }", options)
    return {}
  }
  problems.unknownKeys(options, optionNames)
  return options
}

function readName(name: unknown, problems: Problems): string | undefined {
  if (name === undefined || (typeof name === 'string' && name !== '')) return name
  problems.expected('name', "a name such as 'api'", name)
  return undefined
}

function readDirectory(cwd: unknown, problems: Problems): string {
  if (cwd === undefined) return process.cwd()
  if (typeof cwd !== 'string') problems.expected('cwd', 'the path of a directory', cwd)
  else if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    problems.add('cwd', `expected an existing directory, got '${cwd}' (${resolve(cwd)})`)
  }
  return String(cwd)
}

function readEnvironment(env: unknown, problems: Problems): Readonly<Record<string, string | undefined>> {
  if (env === undefined) return {}
  if (!isObject(env)) {
    problems.expected('env', "an object such as { LOG_LEVEL: 'warn' }", env)
    return {}
  }
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && typeof value !== 'string') problems.expected(`env.${key}`, 'text', value)
  }
  return env as Readonly<Record<string, string | undefined>>
}

function readPort(port: unknown, problems: Problems): number | undefined {
  if (port === undefined) return undefined
  if (Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535) return port as number
  problems.expected('port', 'a whole number from 1 to 65535, or nothing for a free port', port)
  return undefined
}

function readReady(ready: unknown, problems: Problems): Ready | undefined {
  if (ready === undefined || ready instanceof RegExp || typeof ready === 'function') return ready as Ready | undefined
  if (typeof ready === 'string' && ready.startsWith('/')) return ready
  problems.expected('ready', "a path such as '/health', a regular expression or a function", ready)
  return undefined
}

function readTimeout(timeout: unknown, problems: Problems): number {
  const read = parseDuration(timeout ?? defaultReadyTimeout)
  if (read !== undefined && read > 0 && read <= longestTimeout) return read
  problems.expected('readyTimeout', "a time above 0 such as 30000 or '30s'", timeout)
  return defaultReadyTimeout
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
