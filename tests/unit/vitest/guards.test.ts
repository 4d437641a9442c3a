// What the end of a test finds: forgotten awaits, limits and errors that no matcher has judged.
import { describe, expect, it, type RunnerTestCase } from 'vitest'
import { LoadTestError } from '../../../src/core/errors.ts'
import type { Limit } from '../../../src/core/limit.ts'
import type { Run } from '../../../src/core/run.ts'
import type { Slice } from '../../../src/core/slice.ts'
import { judge } from '../../../src/core/verdict.ts'
import { siteOf } from '../../../src/vitest/call-site.ts'
import { findFaults, hasCrossedLimits } from '../../../src/vitest/guards.ts'
import { LazyRun } from '../../../src/vitest/lazy-run.ts'
import { nobodyWaits, outside, RunningCase } from '../../../src/vitest/running-case.ts'
import { buildRun, type RunParts } from '../../support/run-builder.ts'

const lazy = (name: string) =>
  new LazyRun({ name, site: `    at ${name}.ts:1:1`, carryOut: async () => buildRun({ name }) })

function testCase({ aborted = false } = {}): RunningCase {
  const signal = aborted
    ? AbortSignal.abort(new Error('Test timed out in 5000ms.\nadvice'))
    : new AbortController().signal
  return new RunningCase({ context: { signal } } as unknown as RunnerTestCase)
}

const check = (running: RunningCase, cutShort = false) => findFaults(running, { cutShort, maxErrorRate: 0.01 })

const summary = (faults: readonly LoadTestError[]) =>
  faults.map(({ code, message }) => [code, message.split('\n', 1)[0]])

/** A test in which a run has ended. */
function withRun(parts: RunParts): { running: RunningCase; run: Run } {
  const running = testCase()
  const run = buildRun({ ok: Array(400).fill(10), ...parts })
  running.carriedOut.push(run.data)
  return { running, run }
}

function say(running: RunningCase, slice: Slice, limit: Limit) {
  running.judgementOf(slice).verdicts.push(judge(slice, limit))
}

const errorLimit = (value: number): Limit => ({ metric: 'errorRate', relation: 'at most', value })
const maxLimit: Limit = { metric: 'max', relation: 'below', value: 1000 }

describe('forgotten', () => {
  it('is nothing in a test that awaited all it asked for', async () => {
    const running = testCase()
    const load = lazy('one')
    running.loads.push(load)
    await load
    expect(check(running)).toEqual([])
  })

  it('is a run that nobody started, at the line that asked for it', () => {
    const running = testCase()
    running.loads.push(lazy('one'), lazy('two'))
    const faults = check(running)
    expect(faults.map(({ code }) => code)).toEqual(['never-started', 'never-started'])
    expect(faults[0]?.stack).toMatch(/"one" was never started: [^\n]*\n {4}at one\.ts:1:1$/)
  })

  it('is a matcher that nobody awaited; its run is not named beside it', () => {
    const running = testCase()
    const load = lazy('one')
    load.then()
    running.pendingMatchers.add({ name: 'toMeet', site: '    at line' })
    running.leftBehind.push(load)
    expect(summary(check(running))).toEqual([
      ['missing-await', expect.stringContaining('write "await expect(run).toMeet(...)"')],
    ])
  })

  it('is a run under way', () => {
    const running = testCase()
    running.leftBehind.push(lazy('one'))
    expect(summary(check(running))).toEqual([
      ['missing-await', 'load(): "one" was still under way at the end and was stopped: await it'],
    ])
  })

  it.each([
    { cutShort: true, aborted: false },
    { cutShort: false, aborted: true },
  ])('is nobody’s mistake in a test that ended early: %o', ({ cutShort, aborted }) => {
    const running = testCase({ aborted })
    running.loads.push(lazy('one'))
    running.pendingMatchers.add({ name: 'toMeet', site: '' })
    running.leftBehind.push(lazy('two'))
    expect(check(running, cutShort)).toEqual([])
  })
})

describe('errors', () => {
  it('within the implicit limit are a verdict of their own', () => {
    const { running, run } = withRun({ failed: 4 })
    expect(check(running)).toEqual([])
    expect(running.verdictsOn(run.data)).toEqual([
      expect.objectContaining({ status: 'pass', metric: 'error rate', limit: 0.01, implicit: true }),
    ])
  })

  it('beyond it fail a test that judged nothing, at the line of its load()', () => {
    const { running, run } = withRun({ failed: 40, name: 'GET /a' })
    siteOf.set(run.data, '    at load.ts:7:1')
    const [fault, ...more] = check(running)
    expect(more).toEqual([])
    expect(fault?.code).toBe('limit-crossed')
    expect(fault?.message).toMatch(/^expected error rate of "GET \/a" at most 1 %, got 9\.09 %/)
    expect(fault?.stack?.endsWith('\n    at load.ts:7:1')).toBe(true)
  })

  it('beyond it fail a test that judged something else', () => {
    const { running, run } = withRun({ failed: 40 })
    say(running, run, maxLimit)
    expect(check(running).map(({ code }) => code)).toEqual(['limit-crossed'])
  })

  it('that were judged explicitly are judged once', () => {
    const { running, run } = withRun({ failed: 40 })
    say(running, run, errorLimit(0.5))
    expect(check(running)).toEqual([])
    expect(running.verdictsOn(run.data)).toHaveLength(1)
  })

  const requests = { 'GET /a': { ok: Array(400).fill(10) }, 'GET /b': { ok: Array(400).fill(10), failed: 100 } }
  const wholeFault = ['limit-crossed', expect.stringContaining('"GET /" at most 1 %, got 11.11 %')]

  it.each([
    { part: 'a request without errors', of: (run: Run) => run.request('GET /a') },
    { part: 'a window', of: (run: Run) => run.window(0, '1s') },
  ])('of the whole run are judged where only $part was', ({ of }) => {
    const { running, run } = withRun({ requests })
    say(running, of(run), maxLimit)
    say(running, of(run), errorLimit(1))
    expect(summary(check(running))).toEqual([wholeFault])
  })

  it('of the whole run are judged where a run that ended elsewhere is judged in part', () => {
    const elsewhere = withRun({ requests, id: 'elsewhere' }).run
    const running = testCase()
    say(running, elsewhere.request('GET /a'), maxLimit)
    expect(summary(check(running))).toEqual([wholeFault])
  })

  it('of a part are judged with the part as well', () => {
    const { running, run } = withRun({ requests })
    say(running, run.request('GET /b'), maxLimit)
    expect(summary(check(running))).toEqual([
      ['limit-crossed', expect.stringContaining('"GET / > GET /b" at most 1 %, got 20 %')],
      wholeFault,
    ])
  })

  it('of the whole run that a matcher or a hook has judged are not judged again', () => {
    const { running, run } = withRun({ requests })
    say(running, run, errorLimit(0.5))
    say(running, run.request('GET /a'), maxLimit)
    expect(check(running)).toEqual([])
    const shared = withRun({ requests, id: 'shared' }).run
    say(outside, shared, errorLimit(0.5))
    const later = testCase()
    say(later, shared.request('GET /a'), maxLimit)
    expect(check(later)).toEqual([])
  })

  it('in a run without any answer cannot be judged', () => {
    const { running } = withRun({ ok: [], unfinished: [10] })
    expect(check(running).map(({ code }) => code)).toEqual(['inconclusive'])
  })
})

describe('limits', () => {
  it('fail at the end, each with its own message', () => {
    const { running } = withRun({ failed: 40, limits: [errorLimit(0.05), { ...maxLimit, value: 5 }] })
    expect(summary(check(running))).toEqual([
      ['limit-crossed', expect.stringMatching(/^expected error rate of .* at most 5 %/)],
      ['limit-crossed', expect.stringMatching(/^expected max latency of .* below 5/)],
    ])
  })

  it('on errors replace the implicit one', () => {
    const { running, run } = withRun({ failed: 40, limits: [errorLimit(0.5)] })
    expect(check(running)).toEqual([])
    expect(running.verdictsOn(run.data).map(({ implicit }) => implicit)).toEqual([false])
  })

  it('that a matcher has judged already are not judged again', () => {
    const { running, run } = withRun({ limits: [maxLimit] })
    say(running, run, maxLimit)
    check(running)
    expect(running.verdictsOn(run.data).map(({ metric }) => metric)).toEqual(['max latency', 'error rate'])
  })

  it('are those of the whole run, also where a part was judged', () => {
    const requests = { 'GET /a': { ok: Array(400).fill(10) }, 'GET /b': { ok: Array(400).fill(2000) } }
    const { running, run } = withRun({ requests, limits: [maxLimit] })
    say(running, run.request('GET /a'), maxLimit)
    expect(summary(check(running))).toEqual([['limit-crossed', expect.stringContaining('max latency of "GET /"')]])
  })

  it('add nothing to a test that has failed in the same respect', () => {
    const { running, run } = withRun({ failed: 40, limits: [errorLimit(0.05)] })
    say(running, run, errorLimit(0))
    expect(check(running, true)).toEqual([])
  })

  it('add what a test that has failed otherwise does not say', () => {
    const { running, run } = withRun({ failed: 40 })
    say(running, run, { ...maxLimit, value: 5 })
    expect(check(running, true).map(({ code }) => code)).toEqual(['limit-crossed'])
  })
})

describe('runs that ended before their plan', () => {
  it('say nothing', () => {
    const { running } = withRun({ failed: 40, aborted: 'the test timed out' })
    expect(check(running)).toEqual([])
  })

  it('say what limit ended them', () => {
    const { running, run } = withRun({ failed: 40, aborted: 'its limit was crossed', limits: [errorLimit(0.05)] })
    expect(hasCrossedLimits(run.data)).toBe(true)
    expect(check(running).map(({ code }) => code)).toEqual(['limit-crossed'])
  })
})

describe('what cannot be judged', () => {
  const unknown = new LoadTestError('inconclusive', 'too few samples')

  it('is found when nothing else is', () => {
    const { running } = withRun({})
    running.notJudged.push(unknown)
    expect(check(running)).toEqual([unknown])
  })

  it('is not worth mentioning beside a failure', () => {
    const { running } = withRun({ failed: 40 })
    running.notJudged.push(unknown)
    expect(check(running).map(({ code }) => code)).toEqual(['limit-crossed'])
  })
})

describe('the end of a test', () => {
  it('stops what is under way and waits for it', async () => {
    const running = testCase()
    const load = lazy('one')
    const { promise, resolve } = Promise.withResolvers<void>()
    running.signal.addEventListener('abort', () => resolve())
    running.underWay.set(load, promise)
    await running.end()
    expect(running.leftBehind).toEqual([load])
    expect(running.signal.reason).toBe(nobodyWaits)
  })

  it('does not keep hooks that follow it from loading', async () => {
    const outside = new RunningCase()
    const { signal } = outside
    await outside.end()
    expect([signal.aborted, outside.signal.aborted]).toEqual([true, false])
  })

  it('from outside is told in one line', () => {
    const running = testCase({ aborted: true })
    expect(running.signal.reason).toMatchObject({ code: 'aborted', message: 'Test timed out in 5000ms.' })
  })
})
