// The environment a server under test is started with: that of production, not that of a test.
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

// What Vitest 5 writes into the environment of its workers, over whatever the user had there.
const vitestKeys = ['TEST', 'MODE', 'DEV', 'PROD', 'SSR', 'BASE_URL', 'FORCE_TTY']

// The same file in the sources (.ts) and in the package (.js). NODE_OPTIONS is split at blanks; an address has none.
const agent = new URL(`../agent/agent${extname(import.meta.url)}`, import.meta.url).href
const preload = `--import ${agent}`

/** `own` wins over everything; an entry that is undefined there removes the variable. */
export function serverEnvironment(
  port: number,
  own: Readonly<Record<string, string | undefined>> = {},
  inherited: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string | undefined> {
  return { ...withoutVitest(inherited), NODE_ENV: 'production', PORT: String(port), ...own }
}

/** The same, with the agent preloaded after whatever is in NODE_OPTIONS; undefined when that was removed on purpose. */
export function withAgent(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> | undefined {
  if ('NODE_OPTIONS' in environment && environment.NODE_OPTIONS === undefined) return undefined
  const own = (environment.NODE_OPTIONS ?? '').split(preload).join('').trim()
  return { ...environment, NODE_OPTIONS: `${own} ${preload}`.trim() }
}

/** Why the log of a process that ended speaks of a Node that could not load the agent; undefined when it does not. */
export function agentRefusal(log: string): string | undefined {
  if (/--import is not allowed in NODE_OPTIONS|bad option:? .*--import\b/.test(log)) {
    return 'its Node takes no --import in NODE_OPTIONS, being older than 18.18'
  }
  // Unknown extension: with a preload, Node starts its program as a module, which is stricter with names of files.
  const code = /\bERR_UNKNOWN_FILE_EXTENSION\b/.exec(log) ?? (namesAgent(log) && /\bERR_[A-Z_]+\b/.exec(log))
  return code ? `its Node could not start with the agent (${code[0]})` : undefined
}

function namesAgent(log: string): boolean {
  return log.includes(agent) || log.includes(fileURLToPath(agent))
}

function withoutVitest(environment: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  if (environment.VITEST === undefined) return { ...environment }
  const kept = Object.entries(environment).filter(([key]) => !key.startsWith('VITEST') && !vitestKeys.includes(key))
  return Object.fromEntries(kept)
}
