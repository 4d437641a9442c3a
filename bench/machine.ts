// The machine and what is installed on it: where a process may run, which tools there are, and their versions.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { delimiter, join } from 'node:path'

export function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const canPin = isInstalled('taskset') && availableParallelism() > 1

/** The command, held to one core where that can be done: server and generator must not take turns on the same one. */
export function pinned(core: 0 | 1, command: readonly string[]): string[] {
  return canPin ? ['taskset', '-c', String(core), ...command] : [...command]
}

export function describeMachine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const pinning = canPin
    ? 'server pinned to core 0, generator to core 1'
    : 'nothing pinned (no taskset, or a single core)'
  return `${cpus().length} x ${cpus()[0]?.model.trim()}, ${memory}, ${type()} ${release()}; ${pinning}`
}

const tools = {
  wrk: ['-v'],
  ab: ['-V'],
  k6: ['version'],
  artillery: ['version'],
} as const

/** By name; undefined: not installed here. */
export function describeVersions(): Readonly<Record<string, string | undefined>> {
  return {
    node: process.versions.node,
    autocannon: packageVersion('autocannon'),
    undici: packageVersion('undici'),
    ...Object.fromEntries(Object.entries(tools).map(([name, args]) => [name, toolVersion(name, args)])),
  }
}

function packageVersion(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The first thing a tool says of itself that looks like a version; wrk says it with exit code 1. */
function toolVersion(name: string, args: readonly string[]): string | undefined {
  if (!isInstalled(name)) return undefined
  let said: string
  try {
    said = execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    said = `${stdout}${stderr}`
  }
  return /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? 'of unknown version'
}
