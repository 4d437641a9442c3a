// Report files: whole or not there, dated copies kept in bounds, unreadable ones named.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readReport, writeReport } from '../../../src/record/report-file.ts'
import { sampleReport } from '../../support/sample-report.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'report-file-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

const at = (createdAt: string) => sampleReport(undefined, { createdAt })
const minute = (count: number) => `2026-01-02T03:${String(count).padStart(2, '0')}:00.000Z`

describe('writeReport()', () => {
  it('writes the newest report and a dated copy, and nothing else', () => {
    const path = writeReport(at(minute(4)), join(directory, 'deep', 'down'))
    expect(path).toBe(join(directory, 'deep', 'down', 'report.json'))
    expect(readReport(path)).toEqual(at(minute(4)))
    expect(readdirSync(join(directory, 'deep', 'down')).sort()).toEqual(['report.json', 'runs'])
    expect(readdirSync(join(directory, 'deep', 'down', 'runs'))).toEqual(['2026-01-02T03-04-00.000Z.json'])
  })

  it('keeps the last 20 copies, and files that are not its own', () => {
    mkdirSync(join(directory, 'runs'))
    writeFileSync(join(directory, 'runs', '2020-baseline.json'), '{}')
    for (let count = 0; count < 23; count++) writeReport(at(minute(count)), directory)
    const names = readdirSync(join(directory, 'runs')).sort()
    expect(names).toHaveLength(21)
    expect(names[0]).toBe('2020-baseline.json')
    expect(names[1]).toBe('2026-01-02T03-03-00.000Z.json')
    expect(names.at(-1)).toBe('2026-01-02T03-22-00.000Z.json')
    expect(readReport(join(directory, 'report.json')).createdAt).toBe(minute(22))
  })

  it('leaves no draft behind when it fails', () => {
    mkdirSync(join(directory, 'report.json'))
    expect(() => writeReport(at(minute(0)), directory)).toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/)
    expect(readdirSync(directory).sort()).toEqual(['report.json', 'runs'])
  })
})

describe('readReport()', () => {
  it.each([
    ['text that is no JSON', '{"version": 1, "ca', 'a file without a version'],
    ['a newer version', '{"version": 2, "cases": []}', 'version 2'],
    ['something else', '[]', 'a file without a version'],
  ])('refuses %s', (_, text, got) => {
    const path = join(directory, 'report.json')
    writeFileSync(path, text)
    expect(() => readReport(path)).toThrow(`${path}: expected a report of version 1, got ${got}`)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})
