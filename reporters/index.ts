// The reporter: gathers what load runs tell Vitest's main process, and hands it to the outputs.
import { join, relative, resolve } from 'node:path'
import type { Reporter, TestCase, TestModule, TestRunEndReason, Vitest } from 'vitest/node'
import * as vitestNode from 'vitest/node'
import type { ProgressRecord } from '../src/record/case-record.ts'
import { type CaseReport, type Report, reportVersion } from '../src/record/report.ts'
import { caseReport, isLoadProject } from './case-report.ts'
import { environment } from './environment.ts'
import { groupReports } from './group-report.ts'
import { saveReport } from './json.ts'
import { pageOf } from './page.ts'
import { ProgressLine } from './progress.ts'
import { renderSummary } from './terminal.ts'

export interface LoadReporterOptions {
  /** Where `report.json` and `runs/` go, relative to the root of Vitest. Default `.vitest/vitest-load`. */
  readonly outputDir?: string
}

interface ProgressArtifact {
  readonly type: 'vitest-load:progress'
  readonly progress: ProgressRecord
}

/** A symbol of all copies of this module: the plugin and `--reporter` may each load one of their own. */
const brand = Symbol.for('vitest-load:reporter')

export default class LoadReporter implements Reporter {
  readonly [brand] = true
  readonly #options: LoadReporterOptions
  /** Undefined when another instance reports for the same Vitest. */
  #vitest: Vitest | undefined
  #line: ProgressLine | undefined
  /** Of the test run under way; undefined between runs, when there is nothing left to report. */
  #modules: Map<string, TestModule> | undefined
  readonly #progress = new Map<string, Map<string, ProgressRecord>>()

  constructor(options: LoadReporterOptions = {}) {
    this.#options = options
  }

  onInit(vitest: Vitest): void {
    const first = reportersOf(vitest).find((reporter) => brand in reporter)
    if (first && first !== this) return
    this.#vitest = vitest
    const page = () => pageOf(vitest.logger.getColumns())
    this.#line = new ProgressLine({ log: (line) => vitest.logger.log(line), page })
    // Ctrl-C ends the process within a millisecond and calls no hook but this one. It is also called at a normal end.
    vitest.logger.onTerminalCleanup(() => {
      if (!this.#modules) return
      this.#line?.close()
      this.#finish([...this.#modules.values()], true)
    })
  }

  onTestRunStart(): void {
    this.#modules = new Map()
    this.#progress.clear()
    if (this.#vitest) this.#line?.attach(reportersOf(this.#vitest))
  }

  onTestModuleCollected(testModule: TestModule): void {
    this.#modules?.set(testModule.id, testModule)
  }

  onTestCaseArtifactRecord(testCase: TestCase, artifact: { readonly type: string }): void {
    if (!isProgress(artifact)) return
    forget(testCase, artifact)
    const { progress } = artifact
    const runs = this.#progress.get(testCase.id) ?? new Map<string, ProgressRecord>()
    this.#progress.set(testCase.id, runs.set(progress.id, progress))
    if (progress.over) this.#line?.clear(testCase.id)
    else this.#line?.update(testCase.id, progress)
  }

  onTestCaseResult(testCase: TestCase): void {
    this.#line?.end(testCase.id)
  }

  onTestRunEnd(modules: readonly TestModule[], _errors: unknown, reason: TestRunEndReason): void {
    this.#finish(modules, reason === 'interrupted')
  }

  /** Synchronous to its last line, because an interrupted process has no later. */
  #finish(modules: readonly TestModule[], interrupted: boolean): void {
    this.#modules = undefined
    const vitest = this.#vitest
    const cases = modules.flatMap((testModule) => this.#cases(testModule))
    // A report of load tests that ran before must not outlive them.
    if (!vitest || (cases.length === 0 && !modules.some(hasRunLoadTests))) return
    const { root } = vitest.config
    const report: Report = {
      version: reportVersion,
      createdAt: new Date().toISOString(),
      environment: environment(vitest.version),
      interrupted: interrupted || cases.some(({ state }) => state === 'interrupted'),
      cases,
    }
    const saved = saveReport(report, resolve(root, this.#options.outputDir ?? join('.vitest', 'vitest-load')))
    const path = saved.path && shortest(saved.path, root)
    for (const line of renderSummary(report, { ...saved, path }, pageOf(vitest.logger.getColumns())))
      vitest.logger.log(line)
  }

  #cases(testModule: TestModule): CaseReport[] {
    const tests = [...testModule.children.allTests()]
    const progressOf = ({ id }: TestCase) => this.#progress.get(id)?.values() ?? []
    return [
      ...groupReports(testModule),
      ...tests.flatMap((testCase) => caseReport(testCase, progressOf(testCase)) ?? []),
    ]
  }
}

function hasRunLoadTests({ project, children }: TestModule): boolean {
  return isLoadProject(project) && [...children.allTests()].some((testCase) => testCase.result().state !== 'skipped')
}

/** Not public: where it is missing, there are no duplicates to find and no live window to write into. */
function reportersOf(vitest: Vitest): readonly object[] {
  return (vitest as { readonly reporters?: readonly object[] }).reporters ?? []
}

function isProgress(artifact: { readonly type: string }): artifact is ProgressArtifact {
  return artifact.type === 'vitest-load:progress'
}

/** Takes an artifact out of what blob reports and the UI keep: progress is worth nothing once it is over. */
function forget(testCase: TestCase, artifact: ProgressArtifact): void {
  // Experimental: where it is missing, progress stays in the blob, which costs space and nothing else.
  const artifacts: unknown[] = vitestNode.experimental_getRunnerTask?.(testCase).artifacts ?? []
  const index = artifacts.indexOf(artifact)
  if (index >= 0) artifacts.splice(index, 1)
}

/** Relative where the file is below the root. */
function shortest(path: string, root: string): string {
  const below = relative(root, path)
  return below.startsWith('..') ? path : below
}
