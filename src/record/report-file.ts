// Writes and reads report files: the newest under a fixed name, dated copies beside it, never a half-written one.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LoadTestError } from '../core/errors.ts'
import { type Report, reportVersion } from './report.ts'

const keptCopies = 20
const datedName = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.json$/

/**
 * Writes `report.json` and `runs/<ISO time>.json` (`:` replaced by `-`), keeps the last 20 of those, and gives the path
 * of `report.json`. Synchronous, because a process that is being interrupted has no later. Throws what `node:fs` throws.
 */
export function writeReport(report: Report, directory: string): string {
  const copies = join(directory, 'runs')
  mkdirSync(copies, { recursive: true })
  const text = `${JSON.stringify(report, null, 2)}\n`
  const newest = join(directory, 'report.json')
  replaceFile(newest, text)
  replaceFile(join(copies, `${report.createdAt.replaceAll(':', '-')}.json`), text)
  // Dated names sort by time. Files that we did not name are not ours to delete.
  const dated = readdirSync(copies).filter((name) => datedName.test(name))
  for (const name of dated.sort().slice(0, -keptCopies)) rmSync(join(copies, name), { force: true })
  return newest
}

/** @throws LoadTestError `invalid-record` when the file is no report of this version */
export function readReport(path: string): Report {
  const report = parse(readFileSync(path, 'utf8'))
  if (report?.version === reportVersion && Array.isArray(report.cases)) return report as Report
  const got = report?.version === undefined ? 'a file without a version' : `version ${report.version}`
  throw new LoadTestError(
    'invalid-record',
    `${path}: expected a report of version ${reportVersion}, got ${got}; run the load tests again to get a new one`,
  )
}

function parse(text: string): Partial<Report> | undefined {
  try {
    return JSON.parse(text) as Partial<Report>
  } catch {
    return undefined
  }
}

/** A reader sees the old file or the new one, whole. */
function replaceFile(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`
  try {
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
