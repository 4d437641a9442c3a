// Saves the report as JSON, and finds another place when its own cannot be written: a full disk changes no verdict.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Report } from '../src/record/report.ts'
import { writeReport } from '../src/record/report-file.ts'

export interface SavedReport {
  /** Path of `report.json`; undefined when it could be written nowhere. */
  readonly path: string | undefined
  /** What went wrong, in a sentence. */
  readonly warning: string | undefined
}

/** @param elsewhere where a directory of its own is made when `directory` cannot be written */
export function saveReport(report: Report, directory: string, elsewhere = tmpdir()): SavedReport {
  try {
    return { path: writeReport(report, directory), warning: undefined }
  } catch (error) {
    const problem = `the report could not be written to ${directory} (${reason(error)})`
    try {
      const path = writeReport(report, mkdtempSync(join(elsewhere, 'vitest-load-')))
      return { path, warning: `${problem}: it went to a temporary directory` }
    } catch (second) {
      return { path: undefined, warning: `${problem}, nor to ${elsewhere} (${reason(second)})` }
    }
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error)
}
