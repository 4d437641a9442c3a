// The performance summary: what it says of each kind of case, at 80 and at 140 columns.
import { stripVTControlCharacters } from 'node:util'
import { Chalk } from 'chalk'
import { describe, expect, it } from 'vitest'
import { partialRun } from '../../../reporters/partial-run.ts'
import { renderSummary } from '../../../reporters/terminal.ts'
import { widthOf } from '../../../reporters/text.ts'
import type { Unit } from '../../../src/core/verdict.ts'
import type { RunRecord } from '../../../src/record/case-record.ts'
import type { CaseReport, Report } from '../../../src/record/report.ts'
import {
  failedVerdict,
  filledReport,
  passedVerdict,
  sampleCase,
  sampleProgress,
  sampleReport,
  sampleRun,
  sampleStages,
} from '../../support/sample-report.ts'

const saved = { path: '.vitest/vitest-load/report.json', warning: undefined }

function render(report: Report, columns = 140): string {
  return renderSummary(report, saved, { columns, colors: new Chalk({ level: 0 }) }).join('\n')
}

const renderCase = (changes: Partial<CaseReport>, columns?: number) =>
  render(sampleReport([sampleCase(changes)]), columns)
const renderRun = (changes: Partial<RunRecord>, columns?: number) => renderCase({ runs: [sampleRun(changes)] }, columns)

const inconclusive = {
  ...failedVerdict,
  status: 'inconclusive',
  value: 90,
  atLeast: true,
  interval: { lower: 80, upper: null },
  reason: 'n = 40 is too few to judge p95: 19 more samples would decide it',
  notes: [],
} as const

const endless = `\x1b[31mGET \x1b]0;title\x07${'/東京-and-a-long-path'.repeat(20)}\u202e\r\n`

const hostile = sampleCase({
  file: `tests/load/${'deep/'.repeat(40)}a.load.ts`,
  name: endless,
  state: 'failed',
  errors: [endless],
  runs: [
    {
      ...(filledReport.cases[0].runs[0] as RunRecord),
      name: endless,
      target: endless,
      aborted: endless,
      errors: [{ kind: 'http-5xx', count: 60_000, example: endless }],
      checks: [{ name: endless, passed: 1, failed: 2 }],
      stages: sampleStages(Array.from({ length: 30 }, () => ({ name: endless, from: 1e9, to: 1e12 }))),
      requests: Array.from({ length: 30 }, () => ({ ...filledReport.cases[0].runs[0].requests[0], name: endless })),
      verdicts: [inconclusive, { ...failedVerdict, subject: endless }, passedVerdict],
      warnings: [`the server ended; its log:\n${endless}`, endless],
      invalid: [endless],
    },
  ],
})

describe('layout', () => {
  const cases = [sampleCase(), hostile, sampleCase({ runs: [partialRun(sampleProgress(), 'interrupted')] })]

  it.each([60, 80, 140])('keeps every line within %i columns', (columns) => {
    const lines = renderSummary(sampleReport(cases, { interrupted: true }), saved, {
      columns,
      colors: new Chalk({ level: 1 }),
    })
    for (const line of lines) expect(widthOf(stripVTControlCharacters(line)), line).toBeLessThanOrEqual(columns)
  })

  it.each([80, 140])('lets no foreign control character through at %i columns', (columns) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(render(sampleReport(cases), columns)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  })

  it('shortens long names in the middle', () => {
    expect(renderRun({ name: `GET ${'/path'.repeat(40)}/end` }, 80)).toMatch(/GET \/path.*….*\/end/)
  })
})

describe('head and foot', () => {
  it('counts cases by outcome and points to the report', () => {
    const cases = [
      sampleCase(),
      sampleCase({ state: 'failed', errors: ['x'], runs: [sampleRun({ verdicts: [failedVerdict] })] }),
      sampleCase({ state: 'failed', errors: ['inconclusive: p95'], runs: [sampleRun({ verdicts: [inconclusive] })] }),
      sampleCase({ state: 'skipped', runs: [sampleRun({ verdicts: [inconclusive] })] }),
      sampleCase({ state: 'interrupted', runs: [partialRun(sampleProgress(), 'interrupted')] }),
    ]
    const text = render(sampleReport(cases))
    expect(text).toContain('       Load  5 cases · 1 passed · 1 failed · 2 inconclusive · 1 interrupted\n')
    expect(text).toContain('     Report  .vitest/vitest-load/report.json')
    expect(text).not.toContain('the run was interrupted')
  })

  it('does not call a case inconclusive that failed for another reason too', () => {
    const runs = [sampleRun({ verdicts: [inconclusive] })]
    expect(renderCase({ state: 'failed', errors: ['expected 1 to be 2'], runs })).toContain('1 failed')
    const text = renderCase({ state: 'failed', errors: ['inconclusive', 'expected 1 to be 2'], runs })
    expect(text).toContain('Load  1 case · 1 failed')
    expect(text).toContain('expected 1 to be 2')
  })

  it('says that a run was interrupted, and where the report went', () => {
    const page = { columns: 80, colors: new Chalk({ level: 0 }) }
    const lines = renderSummary(
      sampleReport(undefined, { interrupted: true }),
      { path: undefined, warning: 'no space' },
      page,
    )
    expect(lines).toContainEqual(expect.stringContaining('the run was interrupted: what follows is partial'))
    expect(lines).toContain('             no space')
    expect(lines.join('\n')).not.toContain('Report')
  })
})

describe('a case that passes', () => {
  it('shows verdicts, ledger, percentiles, rates, and what was used', () => {
    expect(renderCase({}, 80).split('\n').slice(3, -3)).toEqual([
      ' ✓ tests/load/sessions.load.ts',
      '   POST /api/sessions > keeps its promise at 200 sessions a second',
      '   POST /api/sessions · 200/s for 30 s · open model',
      '     ✓ p95 latency  184 ms  below 200 ms',
      '     ✓ error rate   0.32 %  at most 1 %   implicit',
      '     iterations  6,000 ok of 6,000',
      '     latency     p50 42   p90 120   p95 184   p99 310   max 322 ms',
      '     rate        200/s asked · 199.4/s reached · 198.7/s ok',
      '     server      server    mean    peak',
      '                 cpu       98 %   120 %  █',
      '                 rss     290 MB  312 MB  █',
      '                 not seen: its event loop: it is no Node server',
      '     probes      probe       mean  peak',
      '                 queueDepth     3     4  █',
      '     generator   kept up · cpu 43 %, peak 60 % · rss 110 MB, peak 121 MB',
      '     warm-up     3 s, 600 iterations, in none of the numbers',
    ])
  })

  it('marks a limit inside the interval', () => {
    const verdicts = [{ ...failedVerdict, status: 'pass' as const, limit: 190, marginal: true, notes: [], reason: '' }]
    expect(renderRun({ verdicts })).toContain(
      '✓ p95 latency  184 ms  below 190 ms  marginal · 95 % interval 171-196 ms',
    )
  })

  it('leaves no blanks at the end of a row that is wider than the page', () => {
    const far = { ...failedVerdict, subject: 'POST /api/sessions > GET /health/of/everything', limit: 0.01, notes: [] }
    const text = renderRun({ verdicts: [far, { ...passedVerdict, limit: 123456 }] }, 80)
    expect(text).toMatch(/\n +95 % interval 171-196 ms\n/)
    expect(text).not.toMatch(/ \n/)
  })

  it('names the part of a run that was judged', () => {
    const verdicts = [{ ...passedVerdict, subject: 'POST /api/sessions > GET /health' }]
    expect(renderRun({ verdicts })).toContain('✓ error rate, GET /health  0.32 %')
  })

  it('shows only the last attempt, and which it is', () => {
    const runs = [
      sampleRun({ name: 'first', target: 'first' }),
      sampleRun({ name: 'second', target: 'second', attempt: { retry: 1, repeat: 0 } }),
    ]
    const text = renderCase({ runs })
    expect(text).toContain('sessions a second (retry 1)')
    expect(text).toContain('   second · 200/s')
    expect(text).not.toContain('first')
  })

  it('tells a target apart that its name does not', () => {
    expect(renderRun({ name: 'spike' })).toContain('   spike · POST http://127.0.0.1:4000/api/sessions · 200/s')
    expect(renderRun({ name: 'POST /api/sessions (2)' })).toContain('   POST /api/sessions (2) · 200/s')
  })

  it('says so when nobody knows what a server used', () => {
    const server = { name: 'app', pid: 1, series: {}, unseen: [] }
    const usage = { ...sampleRun().usage, servers: [server], probes: {} }
    expect(renderRun({ usage })).toContain('server      app · nothing was seen of it')
  })

  it('shows each number of a Node server over time, and what was not seen of another', () => {
    const series = (unit: Unit, values: readonly number[]) => {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length
      return { unit, mean, max: Math.max(...values), at: values.map((_, index) => index * 1000), values }
    }
    const seen = {
      cpu: series('percent', [0, 50, 100]),
      heapUsed: series('bytes', [20e6, 40e6]),
      loopBusy: series('share', [0.5, 1]),
      loopDelay: series('ms', [1.5, 12]),
      handles: series('count', [7]),
    }
    const node = { name: 'gateway', pid: 1, series: seen, unseen: [] }
    const other = {
      name: 'database',
      pid: 2,
      series: { cpu: series('percent', [5]) },
      unseen: ['no Node process with the agent listens on port 5432'],
    }
    const usage = { ...sampleRun().usage, servers: [node, other], probes: { queueDepth: series('count', [1, 3]) } }
    const text = renderRun({ usage }, 80)
    expect(text).toMatch(
      /gateway +mean +peak\n +cpu +50 % +100 % +▁▅█\n +heap +30 MB +40 MB +▅█\n +event loop +75 % +100 % +▅█/,
    )
    expect(text).toMatch(/loop delay p99 +6.75 ms +12 ms +▂█\n +server +database/)
    expect(text).toContain('                 not seen: no Node process with the agent listens on port 5432')
    expect(text).toMatch(/probes +probe +mean +peak\n +queueDepth +2 +3 +▃█/)
    expect(text).not.toContain('handles')
  })
})

it('says once what cannot be seen of a server, whatever its port', () => {
  const server = (port: number) => ({
    ...{
      name: 'database',
      pid: port,
      series: { cpu: { unit: 'percent' as const, mean: 5, max: 6, at: [1], values: [5] } },
    },
    unseen: [`its event loop: no Node process with the agent listens on port ${port}`],
  })
  const cases = [1, 2].map((port) => {
    const usage = { ...sampleRun().usage, servers: [server(port)], probes: {} }
    return sampleCase({ name: `case ${port}`, runs: [sampleRun({ id: `${port}`, usage })] })
  })
  const page = { columns: 140, colors: new Chalk({ level: 0 }), told: new Set<string>() }
  const text = renderSummary(sampleReport(cases), { path: undefined, warning: undefined }, page).join('\n')
  expect(text.match(/not seen: its event loop/g)).toHaveLength(1)
  expect(text).toContain('listens on port 1')
})

describe('a run of stages', () => {
  const staged = (changes: Parameters<typeof sampleStages>[0], columns = 80, run: Partial<RunRecord> = {}) => {
    const stages = sampleStages(changes)
    const asked = {
      duration: stages.length * 2000,
      stages: stages.map(({ name, from, to }) => ({ name, from, rate: to, duration: 2000 })),
    }
    return renderRun({ duration: asked.duration, asked, stages, ...run }, columns)
  }
  const table = (text: string) => text.split('\n').filter((line) => /^ {5}(stage|spike|after|rise|…)/.test(line))
  const fast = { ...sampleRun().latency, p50: 1.5, p95: 4, p99: 9, max: 12.5 }

  it('has a row for each, and the mean of the rates that were asked', () => {
    const text = staged([{ from: 0, to: 10, latency: fast }, { name: 'spike', errorRate: 0.0123 }, { name: 'after' }])
    expect(text).toContain('   POST /api/sessions · 0 -> 10 -> 20 -> 30/s in 6 s · open model\n')
    expect(text).toContain('     rate        18.3/s asked on average · 199.4/s reached · 198.7/s ok\n')
    expect(table(text)).toEqual([
      '     stage       asked/s   n  ok/s   p50  p95  p99  max ms  errors',
      '     stage 1     0 -> 10  20    10  1.50    4    9    12.5     0 %',
      '     spike       20       40    20    42  184  310     322  1.23 %',
      '     after       30       60    30    42  184  310     322     0 %',
    ])
  })

  it('tells users in a closed model, where no rate is asked', () => {
    const asked = { stages: [{ name: 'rise', from: 0, vus: 10, duration: 2000 }], duration: 2000 }
    const text = staged([{ from: 0, to: 10 }], 80, { model: 'closed', asked })
    expect(text).toContain('   POST /api/sessions · 0 -> 10 users in 2 s · closed model\n')
    expect(table(text)[0]).toBe('     stage       users     n  ok/s  p50  p95  p99  max ms  errors')
    expect(text).not.toContain('asked')
  })

  it('says ≥ where a percentile lands on what was cut short, - where nothing is known', () => {
    const cut = { ...fast, count: 100, censored: 3 }
    const none = { count: 0, censored: 0, p50: null, p95: null, p99: null, max: null }
    const nothing = { throughput: null, errorRate: null, latency: { ...cut, ...none } }
    expect(table(staged([{ latency: cut }, nothing])).slice(1)).toEqual([
      '     stage 1     10       20    10  1.50    4  ≥ 9  ≥ 12.5     0 %',
      '     stage 2     20       40     -     -    -    -       -       -',
    ])
  })

  it('leaves out what a narrow page has no room for, the name last', () => {
    const long = { from: 1_000_000, to: 2_000_000, throughput: 123_456, latency: { ...fast, p95: 123_456, max: 1e6 } }
    const name = `rise ${'and rise '.repeat(9)}`
    const heads = (columns: number) =>
      table(staged([{ name, ...long }], columns)).map((line) => line.trim().split(/ {2,}/))
    expect(heads(140)[0]).toEqual(['stage', 'asked/s', 'n', 'ok/s', 'p50', 'p95', 'p99', 'max ms', 'errors'])
    expect(heads(90)[0]).toEqual(['stage', 'asked/s', 'n', 'ok/s', 'p95', 'p99', 'max ms', 'errors'])
    expect(heads(90)[1]).toEqual([
      expect.stringMatching(/^rise .*….*rise$/),
      '1,000,000 -> 2,000,000',
      ...['20', '123,456', '123,456', '9', '1,000,000', '0 %'],
    ])
    expect(heads(80)[0]).toEqual(['stage', 'asked/s', 'ok/s', 'p95', 'max ms', 'errors'])
  })

  it('keeps of many stages the judged and the worst, in the order of time', () => {
    const changes: Partial<RunRecord['stages'][0]>[] = Array.from({ length: 20 }, () => ({ latency: fast }))
    for (const index of [1, 3, 5, 7, 9, 11]) changes[index] = { latency: { ...fast, p95: 5 } }
    changes[17] = { latency: fast, errorRate: 0.5 }
    const subject = 'POST /api/sessions > stage 14'
    const verdicts = [
      { ...passedVerdict, subject },
      { ...failedVerdict, subject: `${subject} > GET /` },
    ]
    const rows = table(staged(changes, 80, { verdicts }))
    expect(rows.slice(1, -1).map((row) => row.trim().split(/ {2,}/)[0])).toEqual(
      [2, 4, 6, 8, 10, 12, 14, 18].map((number) => `stage ${number}`),
    )
    expect(rows.at(-1)).toBe('     … and 12 more in the report: shown are the judged and the worst')
  })

  it('keeps those that failed when more were judged than are shown', () => {
    const verdict = (number: number, status: 'pass' | 'fail' | 'inconclusive') => ({
      ...passedVerdict,
      status,
      subject: `POST /api/sessions > stage ${number}`,
    })
    const verdicts = Array.from({ length: 12 }, (_, index) => verdict(index + 1, 'pass'))
    verdicts.push(verdict(12, 'fail'), verdict(11, 'inconclusive'))
    const names = table(staged(Array(12).fill({}), 80, { verdicts })).map((row) => row.trim().split(/ {2,}/)[0])
    expect(names.slice(7, -1)).toEqual(['stage 11', 'stage 12'])
    expect(names).toHaveLength(10)
  })

  it('breaks a long line about what was asked at its commas', () => {
    const asked = { vus: 20, iterations: 1000, batch: 50, workers: 2, seed: 1 }
    const text = renderRun({ name: 'a', target: 'a', asked }, 60)
    expect(text).toContain(
      '\n   a · 20 users, 1,000 iterations in all, in batches of 50,\n   seed 1, 2 threads · open model\n',
    )
  })
})

describe('a run that several cases judge', () => {
  const failed = sampleRun({ verdicts: [failedVerdict] })
  const text = render(
    sampleReport([
      sampleCase({ name: 'first' }),
      sampleCase({ name: 'second', state: 'failed', runs: [failed, sampleRun({ id: 'run-2', name: 'own' })] }),
    ]),
  )

  it('is shown in full once, then with what is said about it', () => {
    expect(text.match(/iterations {2}6,000 ok/g)).toHaveLength(2)
    expect(text).toContain(
      [
        ' × tests/load/sessions.load.ts > second',
        '   POST /api/sessions · run of first',
        '     × p95 latency  184 ms  below 100 ms  95 % interval 171-196 ms',
      ].join('\n'),
    )
    expect(text).toContain('   own · ')
  })
})

describe('a case that fails', () => {
  it('shows the number, the limit and the interval', () => {
    const text = renderCase({ state: 'failed', runs: [sampleRun({ verdicts: [failedVerdict] })] })
    expect(text).toContain(' × tests/load/sessions.load.ts > POST /api/sessions')
    expect(text).toContain('     × p95 latency  184 ms  below 100 ms  95 % interval 171-196 ms\n')
    expect(text).toContain('         the generator was late now and then\n')
  })

  it('shows its error when no verdict explains it', () => {
    const text = renderCase({ state: 'failed', errors: ['server ended before it was ready'] })
    expect(text).toContain('   server ended before it was ready\n')
  })

  it('shows losses, errors by kind with an example, failed checks and requests', () => {
    const [filled] = filledReport.cases[0].runs
    const text = renderRun({
      iterations: { scheduled: 6000, ok: 5901, failed: 60, timedOut: 19, unfinished: 5, dropped: 15 },
      latency: { ...filled.latency, censored: 24 },
      errors: [
        { kind: 'http-5xx', count: 60, example: 'answered \x1b[31m503\n{"error":"busy"}' },
        { kind: 'timeout', count: 19, example: 'no answer within 10 s' },
      ],
      checks: [{ name: 'has an id', passed: 5899, failed: 2 }],
      requests: filled.requests,
      warnings: ["server 'app' ended; the end of its log:\nError: boom"],
      invalid: filled.invalid,
    })
    expect(text).toContain('5,901 ok · 60 failed · 19 timed out · 5 unfinished · 15 dropped of 6,000\n')
    expect(text).toContain('max 322 ms   at least, for 24 cut short\n')
    expect(text).toContain('     errors      60 http-5xx  answered 503 {"error":"busy"}\n')
    expect(text).toContain('                 19 timeout  no answer within 10 s\n')
    expect(text).toContain('     checks      × has an id 2 of 5,901 failed\n')
    expect(text).toContain('     requests    request                ok  errors  p50  p95  p99 ms\n')
    expect(text).toContain('                 POST /api/sessions  5,981  0.32 %   42  184     310\n')
    expect(text).toContain("     ! server 'app' ended; the end of its log:\n       Error: boom\n")
    expect(text).toContain('     ! no verdict can be given: the ledger does not balance')
  })

  it('shows errors whole, on as many lines as they need', () => {
    const example = 'GET /search?token=[redacted]&page=17 of http://127.0.0.1:4000 answered 401 Unauthorized'
    const text = renderRun({ errors: [{ kind: 'http-4xx', count: 60, example }] }, 80)
    expect(text).toContain(
      [
        '     errors      60 http-4xx  GET /search?token=[redacted]&page=17 of',
        '                              http://127.0.0.1:4000 answered 401 Unauthorized\n',
      ].join('\n'),
    )
  })

  it('says that no iteration ended ok rather than 0 ms', () => {
    const { latency } = sampleRun()
    const unknown = Object.fromEntries(Object.keys(latency).map((key) => [key, null])) as never
    const text = renderRun({ latency: { ...(unknown as object), count: 0, censored: 0 } as never, throughput: null })
    expect(text).toContain('     latency     unknown: no iteration ended ok\n')
    expect(text).toContain('199.4/s reached · - ok')
  })
})

describe('a case without certainty', () => {
  it('shows what is known, why it does not do, and what would', () => {
    const text = renderCase({
      state: 'failed',
      errors: ['inconclusive: p95'],
      runs: [sampleRun({ verdicts: [inconclusive] })],
    })
    expect(text).toContain(' ? tests/load/sessions.load.ts')
    expect(text).toContain('     ? p95 latency  ≥ 90 ms  below 100 ms  95 % interval 80 ms upwards\n')
    expect(text).toContain('         n = 40 is too few to judge p95: 19 more samples would decide it\n')
  })

  it('says why the generator did not keep up', () => {
    const { usage } = sampleRun()
    const generator = { ...(usage.generator as object), keptUp: false, reasons: ['its event loop was busy'] } as never
    expect(renderRun({ usage: { ...usage, generator } })).toContain('did not keep up: its event loop was busy\n')
  })
})

it('marks a run that ended before its plan did', () => {
  const text = renderCase({ state: 'interrupted', runs: [partialRun(sampleProgress(), 'interrupted')] })
  expect(text).toContain(' ■ tests/load/sessions.load.ts')
  expect(text).toContain('     PARTIAL: ended after 3 s of 10 s: interrupted\n')
  expect(text).toContain('594 ok · 1 timed out · 5 unfinished of 600\n')
  expect(text).not.toContain('generator')
})
