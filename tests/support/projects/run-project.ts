// Runs Vitest on a fixture project as people do: a process of its own, whose output, report and exit code are looked at.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import type { CaseRecord, RunRecord } from '../../../src/record/case-record.ts'
import type { Report } from '../../../src/record/report.ts'

export interface ProjectOptions {
  /** A config file of the project other than `vitest.config.ts`. */
  readonly config?: string
  /** A program of the project to run instead of Vitest's own. */
  readonly program?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface TestOutcome {
  readonly name: string
  readonly status: string
  readonly messages: readonly string[]
  readonly runs: readonly RunRecord[]
}

export interface FileOutcome {
  readonly file: string
  readonly startTime: number
  readonly endTime: number
}

/** What a Vitest run left behind. */
export interface ProjectOutcome {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Standard output and error, in the order of arrival. */
  readonly output: string
  readonly tests: readonly TestOutcome[]
  readonly files: readonly FileOutcome[]
  /** `report.json` of vitest-load, if there is one. */
  readonly report: Report | undefined
  test(name: string): TestOutcome
}

const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url))
const surroundings = { NO_COLOR: '1', CI: '1' }

/** A Vitest under way. Dispose of it: nothing of it is left behind then. */
export class ProjectRun implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'vitest-load-project-'))
  readonly #child: ChildProcess
  readonly #ended: Promise<Pick<ProjectOutcome, 'code' | 'signal'>>
  #output = ''

  /** @param project a folder beside this file, or any by its whole path */
  constructor(project: string, args: readonly string[], { config, program, env = {} }: ProjectOptions = {}) {
    const root = resolve(import.meta.dirname, project)
    const outputs = [
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${join(this.#directory, 'outcome.json')}`,
    ]
    const configured = config ? ['--config', join(root, config)] : []
    const words = program ? [program, ...args] : [vitest, ...args, '--root', root, ...outputs, ...configured]
    this.#child = spawn(process.execPath, words, {
      cwd: root,
      // A group of its own, as a terminal would give it: Ctrl-C there reaches all of it.
      detached: true,
      env: { ...ownEnvironment(), ...surroundings, VITEST_LOAD_LOCK: randomUUID(), REPORTS: this.#directory, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.#ended = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve({ code, signal })))
  }

  get pid(): number {
    return this.#child.pid as number
  }

  get output(): string {
    return this.#output
  }

  /** Waits until the output matches, and gives the match. Rejects when Vitest ends before it does. */
  async untilOutput(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#output)
      if (match) return match
      if (this.#child.exitCode !== null) throw new Error(`no ${pattern} in:\n${this.#output}`)
      await setTimeout(20)
    }
  }

  /** Where it reports to; gone when this is disposed of. */
  get directory(): string {
    return this.#directory
  }

  async outcome(): Promise<ProjectOutcome> {
    const end = await this.#ended
    const files = this.#read<JsonReport>('outcome.json')?.testResults ?? []
    const tests = files.flatMap(({ assertionResults }) => assertionResults).map(testOutcome)
    return {
      ...end,
      output: this.#output,
      tests,
      files: files.map(({ name, startTime, endTime }) => ({ file: name, startTime, endTime })),
      report: checked(this.#read<Report>('report.json')),
      test: (name) => {
        const found = tests.find((test) => test.name === name)
        if (!found) throw new Error(`no test "${name}" in:\n${this.#output}`)
        return found
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.pid, 'SIGKILL')
    await this.#ended
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #read<Content>(file: string): Content | undefined {
    const path = join(this.#directory, file)
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Content) : undefined
  }
}

const schema = readFileSync(new URL('../../../schema/report.schema.json', import.meta.url), 'utf8')
const validate = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile<Report>(JSON.parse(schema))

/** Whatever is reported is what the published schema promises. */
function checked(report: Report | undefined): Report | undefined {
  if (report === undefined || validate(report)) return report
  throw new Error(`report.json is not what its schema says: ${JSON.stringify(validate.errors)}`)
}

/** From start to end. */
export async function runProject(project: string, args: readonly string[], options?: ProjectOptions) {
  await using run = new ProjectRun(project, args, options)
  return await run.outcome()
}

/** The same for a run that nothing may cut short: one that was says how it ended, and all that it said. */
export async function runWholeProject(project: string, args: readonly string[], options?: ProjectOptions) {
  const outcome = await runProject(project, args, options)
  const { code, signal, output, tests, report } = outcome
  if (report?.interrupted === false && tests.every(({ status }) => status !== 'pending')) return outcome
  throw new Error(`Vitest was cut short, exit code ${code}, signal ${signal}:\n${output}`)
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string
    readonly startTime: number
    readonly endTime: number
    readonly assertionResults: readonly JsonTest[]
  }[]
}

interface JsonTest {
  readonly title: string
  readonly status: string
  readonly failureMessages: readonly string[] | null
  readonly meta?: { readonly 'vitest-load'?: CaseRecord }
}

function testOutcome({ title, status, failureMessages, meta }: JsonTest): TestOutcome {
  return { name: title, status, messages: failureMessages ?? [], runs: meta?.['vitest-load']?.runs ?? [] }
}

/** Without what the Vitest that runs this test has put there. */
function ownEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE } = process.env
  return { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE }
}
