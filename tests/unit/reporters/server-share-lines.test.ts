// The table of what each of several servers had.
import { Chalk } from 'chalk'
import { describe, expect, it } from 'vitest'
import { serverShareLines } from '../../../reporters/server-share-lines.ts'
import { widthOf } from '../../../reporters/text.ts'
import { Run } from '../../../src/core/run.ts'
import type { ServerShareRecord } from '../../../src/record/case-record.ts'
import { recordRun } from '../../../src/record/record-run.ts'
import { buildRunData } from '../../support/run-builder.ts'
import { filledReport, sampleRun } from '../../support/sample-report.ts'

const [filled] = filledReport.cases[0].runs[0].servers
const share = (changes: Partial<ServerShareRecord>): ServerShareRecord => ({ ...filled, ...changes })
const linesOf = (servers: readonly ServerShareRecord[], columns = 100) =>
  serverShareLines(sampleRun({ servers }), { columns, colors: new Chalk({ level: 0 }) })

describe('the servers of a run', () => {
  it('are a row each, and it is said who counted', () => {
    const iterations = { ...filled.iterations, scheduled: 61_234 }
    expect(
      linesOf([share({}), share({ name: 'api-b', iterations, errorRate: 0.25 })]).join('\n'),
    ).toMatchInlineSnapshot(`
      "     servers     server  requests  errors  p50  p95  p99 ms
                       api-a      6,000  0.32 %   42  184     310
                       api-b     61,234    25 %   42  184     310
                       requests as the relays saw them"
    `)
  })

  it('are not shown where there is one alone, or none', () => {
    expect(linesOf([share({})])).toEqual([])
    expect(linesOf([])).toEqual([])
  })

  it('of requests that went straight to them need no remark', () => {
    expect(linesOf([share({ source: 'requests' }), share({ source: 'requests' })])).toHaveLength(3)
  })

  it('that are many or have long names stay on the page', () => {
    const many = Array.from({ length: 64 }, (_, index) => share({ name: `${'server '.repeat(20)}${index}` }))
    const lines = linesOf(many, 60)
    expect(lines.join('\n')).toContain('52 more servers in the report')
    expect(lines.length).toBe(15)
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(60)
  })
})

describe('the record of a run', () => {
  const { lanes, ...data } = buildRunData({ ok: [1, 2, 3] })
  const lane = lanes[0] as NonNullable<(typeof lanes)[0]>
  const recordOf = (...sources: ('relay' | 'requests')[]) => {
    const servers = sources.map((source, index) => ({ name: `s${index}`, source, lane }))
    const run = Run.from({ ...data, lanes, servers })
    return recordRun(run, { attempt: { retry: 0, repeat: 0 }, verdicts: [] }).servers
  }

  it('has what each server had, but for one alone that the whole load went straight to', () => {
    expect(recordOf('requests')).toEqual([])
    expect(recordOf('relay')).toMatchObject([{ name: 's0', source: 'relay', iterations: { ok: 3 }, errorRate: 0 }])
    expect(recordOf('requests', 'requests').map(({ name }) => name)).toEqual(['s0', 's1'])
  })
})
