// A report that cannot be written where it belongs is written elsewhere, and that is said.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { saveReport } from '../../../reporters/json.ts'
import { readReport } from '../../../src/record/report-file.ts'
import { sampleReport } from '../../support/sample-report.ts'

let directory: string
let blocked: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'save-report-'))
  // A file where a directory is needed stops everybody, the superuser too.
  writeFileSync(join(directory, 'file'), '')
  blocked = join(directory, 'file', 'vitest-load')
})
afterEach(() => rmSync(directory, { recursive: true }))

it('saves where it is told', () => {
  expect(saveReport(sampleReport(), directory)).toEqual({ path: join(directory, 'report.json'), warning: undefined })
})

it('goes elsewhere when it must, and says where and why', () => {
  const { path, warning } = saveReport(sampleReport(), blocked, directory)
  expect(path).toMatch(join(directory, 'vitest-load-'))
  expect(readReport(path as string)).toEqual(sampleReport())
  expect(warning).toContain(`could not be written to ${blocked} (ENOTDIR)`)
})

it('gives up with a warning when there is no place at all', () => {
  const { path, warning } = saveReport(sampleReport(), blocked, blocked)
  expect(path).toBeUndefined()
  expect(warning).toContain('ENOTDIR')
  expect(existsSync(blocked)).toBe(false)
})
