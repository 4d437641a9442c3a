// Checks everything that was asked of serve(), all mistakes at once, and fills in what was not.
import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { serveOptionNames, whereItBelongs } from '../core/option-places.ts'
import { Problems } from '../core/problems.ts'
import { redactText } from '../core/redact.ts'
import { parseDuration } from '../core/units.ts'
import { shellSyntaxIn, splitCommand } from '../processes/command.ts'
import { instanceName } from '../processes/server-group.ts'
import type { Ready, ServerPlan } from '../processes/server-plan.ts'
import type { GroupOptions } from './serve.ts'

export interface ServePlan {
  readonly server: ServerPlan
  /** Undefined for a server by itself. */
  readonly instances: readonly Pick<ServerPlan, 'name' | 'port'>[] | undefined
  readonly relay: boolean
}

const mostInstances = 64
const lastPort = 65_535
const defaultReadyTimeout = 30_000
// The longest that a timer can wait.
const longestTimeout = 2 ** 31 - 1

/** @throws LoadTestError `invalid-options` that lists every mistake of the call */
export function planServe(command: unknown, options: unknown): ServePlan {
  const problems = new Problems('serve()')
  const words = readCommand(command, problems)
  const given = readOptions(options, problems)
  const name = readName(given.name, problems)
  const server = {
    name: name ?? redactText(typeof command === 'string' ? command : joinWords(words)),
    words,
    cwd: readDirectory(given.cwd, problems),
    env: readEnvironment(given.env, problems),
    port: readPort(given.port, problems),
    ready: readReady(given.ready, problems),
    readyTimeout: readTimeout(given.readyTimeout, problems),
  }
  const count = readInstances(given.instances, server.port, problems)
  const { relay = false } = given
  if (typeof relay !== 'boolean') problems.expected('relay', 'true or false', relay)
  if (given.signal !== undefined && !(given.signal instanceof AbortSignal)) {
    problems.expected('signal', 'an AbortSignal', given.signal)
  }
  problems.throwIfAny()
  const instances = Array.from({ length: count ?? 0 }, (_, index) => ({
    name: instanceName(index, name),
    port: server.port === undefined ? undefined : server.port + index,
  }))
  return { server, instances: count === undefined ? undefined : instances, relay: relay === true }
}

function readInstances(instances: unknown, port: number | undefined, problems: Problems): number | undefined {
  if (instances === undefined) return undefined
  const isCount = Number.isInteger(instances) && (instances as number) >= 1 && (instances as number) <= mostInstances
  if (!isCount) problems.expected('instances', `a whole number of servers from 1 to ${mostInstances}`, instances)
  else if (port !== undefined && port + (instances as number) - 1 > lastPort) {
    problems.add('port', `${instances} instances from port ${port} on would go beyond ${lastPort}: begin lower`)
  }
  return isCount ? (instances as number) : undefined
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
  problems.unknownKeys(options, serveOptionNames satisfies readonly (keyof GroupOptions)[], {
    elsewhere: (key) => (key === 'timeout' ? 'unknown option; did you mean readyTimeout?' : whereItBelongs(key)),
  })
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
  if (Number.isInteger(port) && (port as number) >= 1 && (port as number) <= lastPort) return port as number
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
