// The report of a whole Vitest run: what `report.json` holds. `schema/report.schema.json` is its published form.
import type { RunRecord } from './case-record.ts'

export const reportVersion = 1

export interface Report {
  /** Version of the schema: raised when a reader of the old one would misread the new. */
  readonly version: typeof reportVersion
  /** ISO time at which the Vitest run ended. */
  readonly createdAt: string
  readonly environment: {
    readonly vitestLoad: string
    readonly vitest: string
    readonly node: string
    readonly platform: string
    readonly cpus: number
    readonly cpuModel: string
    readonly memoryBytes: number
  }
  /** The run, or a case of it, ended before its plan did (Ctrl-C, bail, a worker that was killed): what follows is partial. */
  readonly interrupted: boolean
  readonly cases: readonly CaseReport[]
}

/** A test that sent load or failed before it did, or a suite or file of load tests that failed outside of its tests. */
export interface CaseReport {
  /** Relative to the project root, with forward slashes. */
  readonly file: string
  /** Names of describes and test joined with ` > `; the file itself where that failed outside of its tests. */
  readonly name: string
  readonly project: string
  readonly state: 'passed' | 'failed' | 'skipped' | 'interrupted'
  /** First line of each error. */
  readonly errors: readonly string[]
  /** Empty where none was carried out. */
  readonly runs: readonly RunRecord[]
}
