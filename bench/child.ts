// Runs a contestant in a process of its own: one of our generators, which measures itself, or the command of another tool.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Sample } from './comparison.ts'
import { pinned } from './machine.ts'

const execute = promisify(execFile)
const options = { timeout: 120_000, maxBuffer: 2 ** 24, env: { ...process.env, LC_ALL: 'C' } }

interface Surroundings {
  readonly nodeArgs?: readonly string[]
  /** Held to one core, beside a server held to the other. Default: true. */
  readonly isPinned?: boolean
}

/** @param file one of `bench/generators`: takes its order as its only argument and prints what it measured as its last line */
export async function runGenerator(
  file: string,
  order: object,
  { nodeArgs = [], isPinned = true }: Surroundings = {},
): Promise<Sample> {
  const entry = fileURLToPath(new URL(`./generators/${file}.ts`, import.meta.url))
  const free = [process.execPath, ...nodeArgs, entry, JSON.stringify(order)]
  const [command = '', ...args] = isPinned ? pinned(1, free) : free
  const { stdout } = await execute(command, args, options)
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Sample
}

export interface ToolOutput {
  readonly stdout: string
  /** Of the process and all that it waited for, from its start to its end. */
  readonly cpuMicros: number
}

/** Bash's `time` reads what the kernel says of a process that has ended, on every platform. */
export async function runTool(command: readonly string[]): Promise<ToolOutput> {
  const { stdout, stderr } = await execute(
    'bash',
    ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', ...pinned(1, command)],
    options,
  )
  const seconds = stderr.trimEnd().split('\n').at(-1)?.split(' ').map(Number) ?? []
  return { stdout, cpuMicros: seconds.reduce((sum, part) => sum + part, 0) * 1e6 }
}

/** The number in the first group of the pattern. @throws when the tool said nothing of the kind */
export function numberIn(text: string, pattern: RegExp): number {
  const found = pattern.exec(text)?.[1]
  if (found === undefined) throw new Error(`found no ${pattern} in:\n${text}`)
  return Number(found)
}
