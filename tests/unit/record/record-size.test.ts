// However long a run, its lists and its texts: what goes to the main process stays small.
import { describe, expect, it } from 'vitest'
import { recordRun } from '../../../src/record/record-run.ts'
import { shortTexts } from '../../../src/record/short-texts.ts'
import { buildRun, buildServer } from '../../support/run-builder.ts'
import { worstRun } from '../../support/worst-run.ts'

const attempt = { retry: 0, repeat: 0 }
const sizeOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

describe('a record is less than 1 MB', () => {
  it('of a day with full lists and texts of any length', { timeout: 60_000 }, () => {
    const { run, verdicts } = worstRun({ name: 2000, sentence: 20_000, samples: 1200, longest: 20 })
    const record = recordRun(run, { attempt, verdicts })
    expect(record).toMatchObject({ requests: { length: 20 }, stages: { length: 100 }, verdicts: { length: 50 } })
    expect(new Set(record.timeline.rows.map((row) => JSON.stringify(row))).size).toBe(600)
    expect(sizeOf(record)).toBeLessThan(1e6)
  })

  it('of a server that was started a hundred times', () => {
    const numbers = Array.from({ length: 600 }, (_, second) => 1e9 + second)
    const lives = Array.from({ length: 100 }, (_, pid) => buildServer({ pid, cpu: numbers, memory: numbers }))
    const { servers } = recordRun(buildRun({ servers: lives }), { attempt, verdicts: [] }).usage
    expect(servers.every(({ series }) => (series.cpu?.values.length ?? 0) > 0)).toBe(true)
    expect(sizeOf(servers)).toBeLessThan(1e6)
  })
})

describe('texts', () => {
  it('of usual lengths stay as they are', () => {
    const record = {
      name: 'n'.repeat(300),
      errors: [{ kind: 'reset', count: 2, example: 'e'.repeat(2000) }],
      p50: null,
    }
    expect(shortTexts(record)).toEqual(record)
  })

  it('that are too long lose their middle, and say how long they were', () => {
    const warning = `server 'api' ended\n${'x'.repeat(100_000)}\nlast line of its log`
    const [short] = shortTexts({ warnings: [warning] }).warnings as [string]
    const gap = ` [... ${warning.length.toLocaleString('en-US')} characters ...] `
    const [beginning, end] = short.split(gap) as [string, string]
    expect(beginning).toMatch(/^server 'api' ended\nx+$/)
    expect(end).toMatch(/^x+\nlast line of its log$/)
    expect(short.length).toBeLessThanOrEqual(2000)
  })

  it.each([
    ['a name', 300, (name: string) => ({ stages: [{ name }] })],
    ['the subject of a verdict', 600, (subject: string) => ({ verdicts: [{ subject }] })],
    ['an example', 2000, (example: string) => ({ errors: [{ example }] })],
  ])('%s has up to %i characters', (_, most, put) => {
    expect(shortTexts(put('n'.repeat(most)))).toEqual(put('n'.repeat(most)))
    expect(JSON.stringify(shortTexts(put('n'.repeat(most + 1))))).toContain('characters ...]')
  })

  it('are never cut inside of a character', () => {
    const { name } = shortTexts({ name: `${'\u{1f600}'.repeat(1000)}` })
    expect(name.isWellFormed()).toBe(true)
    expect(name).toContain('2,000 characters')
  })
})
