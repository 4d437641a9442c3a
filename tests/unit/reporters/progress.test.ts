// The moving line: what it says, how it fits, and where and how often it appears.
import { Chalk } from 'chalk'
import { describe, expect, it } from 'vitest'
import { ProgressLine, progressLine } from '../../../reporters/progress.ts'
import { widthOf } from '../../../reporters/text.ts'
import type { ProgressRecord } from '../../../src/record/case-record.ts'
import { sampleProgress } from '../../support/sample-report.ts'

const colors = new Chalk({ level: 0 })
const wide = { columns: 140, colors }

function at(elapsed: number, changes: Partial<ProgressRecord> = {}): ProgressRecord {
  const count = Math.max(0, elapsed / 5)
  const iterations = { scheduled: count, ok: count, failed: 0, timedOut: 0, unfinished: 0, dropped: 0 }
  return sampleProgress({ ...changes, tick: { elapsed, iterations, p50: 12, p95: 42, p99: 80 } })
}

describe('progressLine()', () => {
  it('says how far it is, how fast, how well, and what the server uses', () => {
    const line = progressLine({ now: sampleProgress(), before: undefined }, wide)
    expect(line).toBe(' load  POST /api/sessions  3/10 s  198.3/s  p95 42 ms  1 error  server cpu 43 %  rss 112 MB')
  })

  it('counts warm-up down', () => {
    expect(progressLine({ now: at(-1500), before: undefined }, wide)).toMatch(/warming up, 2 s left$/)
  })

  it('shows the rate since the progress before', () => {
    const before = at(1000)
    const now = sampleProgress({ tick: { ...at(2000).tick, iterations: { ...before.tick.iterations, ok: 300 } } })
    expect(progressLine({ now, before }, wide)).toContain('  100/s  ')
  })

  it('shows no rate of a moment, and no p95 of nothing', () => {
    const { tick } = at(3)
    const now = sampleProgress({ tick: { ...tick, p95: Number.NaN } })
    expect(progressLine({ now, before: undefined }, wide)).toMatch(/ {2}0\/10 s {2}p95 - {2}0 errors/)
  })

  it('counts iterations when so many are asked', () => {
    const line = progressLine({ now: at(3000, { asked: { vus: 5, amount: 10_000 } }), before: undefined }, wide)
    expect(line).toContain('  600/10,000 iterations  ')
    const inAll = (asked: ProgressRecord['asked']) =>
      progressLine({ now: at(3000, { asked }), before: undefined }, wide)
    expect(inAll({ vus: 5, iterations: 1000, batch: 5 })).toContain('  600/1,000 iterations  ')
    expect(inAll({ vus: 5, iterationsPerVu: 200 })).toContain('  600/1,000 iterations  ')
  })

  describe('of stages', () => {
    const stage = (name: string, duration: number) => ({ name, duration, from: 0, vus: 10 })
    const asked = { duration: 10_000, stages: [stage('stage 1', 2000), stage('spike', 3000), stage('after', 5000)] }
    const during = (elapsed: number, page = wide) =>
      progressLine({ now: at(elapsed, { asked }), before: undefined }, page)

    it('says which is under way, and for how long yet', () => {
      expect(during(0)).toContain('  0/10 s  stage 1/3, 2 s left  p95')
      expect(during(1999)).toContain('  stage 1/3, 1 s left  ')
      expect(during(2000)).toContain('  2/10 s  stage spike 2/3, 3 s left  200/s  ')
      expect(during(10_000)).toContain('  stage after 3/3, 0 s left  ')
      expect(during(10_004)).toContain('  10/10 s  stage after 3/3, 0 s left  ')
      expect(during(-500)).toMatch(/warming up, 1 s left$/)
    })

    it('leaves out its time before anything else', () => {
      expect(during(2000, { columns: 80, colors })).toMatch(/ {2}2\/10 s {2}stage spike 2\/3 {2}200\/s .* {2}0 errors$/)
    })
  })

  it.each([40, 60, 80, 100])('fits %i columns with any name', (columns) => {
    const name = `\x1b[31mGET ${'/a-very-long-path'.repeat(20)}`
    const line = progressLine({ now: sampleProgress({ name }), before: undefined }, { columns, colors })
    expect(widthOf(line)).toBeLessThanOrEqual(columns)
    expect(line).toContain('3/10 s')
    expect(line).not.toContain('\x1b')
  })
})

describe('ProgressLine', () => {
  function line() {
    const lines: string[] = []
    const clock = { now: 0 }
    const page = () => wide
    return { lines, clock, progress: new ProgressLine({ log: (text) => lines.push(text), page, now: () => clock.now }) }
  }

  it('logs about every 5 s where there is no live window', () => {
    const { lines, clock, progress } = line()
    // The last is the dot reporter without a terminal.
    progress.attach([{}, { summary: {} }, { summary: undefined }, { createSummary: () => ['·'] }])
    for (let second = 0; second <= 12; second++) {
      clock.now = second * 1000
      progress.update('test', at(clock.now))
    }
    expect(lines.map((text) => / (\d+)\/10 s/.exec(text)?.[1])).toEqual(['5', '10'])
  })

  it('lives in the window of the default reporter while the test runs, once', () => {
    const { lines, clock, progress } = line()
    const reporter = { summary: { createSummary: () => ['', ' ❯ a.load.ts', ''], renderer: {} } }
    progress.attach([reporter])
    progress.attach([reporter])
    expect(reporter.summary.createSummary()).toEqual(['', ' ❯ a.load.ts', ''])
    clock.now = 60_000
    progress.update('test', at(1000))
    progress.update('test', at(2000))
    expect(reporter.summary.createSummary()).toEqual([
      '',
      expect.stringContaining(' 2/10 s  200/s '),
      '',
      ' ❯ a.load.ts',
      '',
    ])
    progress.end('test')
    expect(reporter.summary.createSummary()).toEqual(['', ' ❯ a.load.ts', ''])
    expect(lines).toEqual([])
  })

  it('lives in the window of the dot reporter', () => {
    const { progress } = line()
    const dots = { createSummary: () => ['··*', ''], renderer: {} }
    progress.attach([dots])
    progress.update('test', at(2000))
    expect(dots.createSummary()).toEqual(['··*', expect.stringContaining(' 2/10 s '), '', ''])
  })

  it('is gone between the runs of a test', () => {
    const { progress } = line()
    const reporter = { summary: { createSummary: () => [''], renderer: {} } }
    progress.attach([reporter])
    progress.update('test', at(2000))
    progress.clear('test')
    expect(reporter.summary.createSummary()).toEqual([''])
    progress.update('test', at(1000, { id: 'run-2' }))
    expect(reporter.summary.createSummary()).toHaveLength(3)
  })

  it('closes the window so that it is not drawn over what follows', () => {
    const { progress } = line()
    let finished = 0
    progress.attach([{ summary: { createSummary: () => [''], renderer: { finish: () => finished++ } } }])
    progress.close()
    expect(finished).toBe(1)
  })
})
