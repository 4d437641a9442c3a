// What a test must not leave behind: matchers and runs that nobody waited for, limits and errors that nobody looked at.
import { LoadTestError } from '../core/errors.ts'
import { implicitErrorLimit } from '../core/limit.ts'
import { metrics } from '../core/metric.ts'
import { Run, type RunData } from '../core/run.ts'
import type { Slice } from '../core/slice.ts'
import { judge, type Verdict } from '../core/verdict.ts'
import { siteOf, thrownAt } from './call-site.ts'
import { describeVerdict } from './failure-message.ts'
import type { LazyRun } from './lazy-run.ts'
import type { MatcherCall } from './matchers.ts'
import { type Judgement, outside, type RunningCase } from './running-case.ts'

export interface Ending {
  /** Some of the code did not get its turn, because it failed or was skipped: what it left undone is no mistake. */
  readonly cutShort: boolean
  /** Share of 0 to 1 that errors may have where nothing else is said. */
  readonly maxErrorRate: number
}

/**
 * Judges what was left to be judged at the end, and gives everything that is wrong: failures, or else what could not be
 * judged (code `inconclusive`). An interrupted test has said already what is wrong with it.
 */
export function findFaults(running: RunningCase, ending: Ending): readonly LoadTestError[] {
  if (running.interrupted) return []
  const faults = [...(ending.cutShort ? [] : forgotten(running)), ...crossed(running, ending)]
  const failures = faults.filter(({ code }) => code !== 'inconclusive')
  return failures.length > 0 || ending.cutShort ? failures : [...faults, ...running.notJudged]
}

/** Whether the run fell short of the limits it was given. */
export function hasCrossedLimits(run: RunData): boolean {
  return run.limits.some((limit) => judge(Run.from(run), limit).status === 'fail')
}

function forgotten(running: RunningCase): LoadTestError[] {
  const matchers = [...running.pendingMatchers].map(notAwaited)
  const idle = running.loads.filter(({ started }) => !started).map(neverStarted)
  return [...(matchers.length > 0 ? matchers : running.leftBehind.map(leftUnderWay)), ...idle]
}

function notAwaited({ name, site }: MatcherCall): LoadTestError {
  const text = `${name}() was not awaited: a run that has not started is judged by a promise; write "await expect(run).${name}(...)"`
  return thrownAt(site, new LoadTestError('missing-await', text))
}

function leftUnderWay({ name, site }: LazyRun): LoadTestError {
  const text = `load(): "${name}" was still under way at the end and was stopped: await it`
  return thrownAt(site, new LoadTestError('missing-await', text))
}

function neverStarted({ name, site }: LazyRun): LoadTestError {
  const ways = '"const run = await load(...)", or await a matcher on it, "await expect(run).toHaveP95Below(...)"'
  return thrownAt(site, new LoadTestError('never-started', `load(): "${name}" was never started: write ${ways}`))
}

/**
 * A run is judged as a whole wherever any part of it was, and what nobody judged where it ended: neither its limits nor
 * its errors pass unseen.
 */
function crossed(running: RunningCase, { cutShort, maxErrorRate }: Ending): LoadTestError[] {
  for (const run of [...running.judged, ...running.neverJudged]) running.judgementOf(Run.from(run))
  return running.judgements
    .filter(({ slice }) => isMeant(slice.data))
    .flatMap(({ slice, verdicts }) => {
      // What has failed the test need not be said again.
      const said = cutShort ? [...verdicts] : []
      const found = remaining({ slice, verdicts }, maxErrorRate)
      verdicts.push(...found)
      return found
        .filter(({ status, metric }) => status !== 'pass' && !said.some((verdict) => verdict.metric === metric))
        .map((verdict) => fault(verdict, slice))
    })
}

/** A run that was stopped says nothing; one that ended itself at its limits does. */
function isMeant(run: RunData): boolean {
  return run.aborted === undefined || hasCrossedLimits(run)
}

/** The limits that came with the run, and that on its errors, as far as no matcher has judged them. */
function remaining({ slice, verdicts }: Judgement, maxErrorRate: number): Verdict[] {
  const isWhole = slice.name === slice.data.name
  const limits = isWhole ? slice.data.limits.map((limit) => judge(slice, limit)) : []
  const inHooks = outside.verdictsOn(slice.data).filter(({ subject }) => subject === slice.name)
  const given = [...inHooks, ...verdicts]
  const open = limits.filter((verdict) => !given.some((said) => isSame(said, verdict)))
  if ([...given, ...limits].some(({ metric }) => metric === metrics.errorRate.label)) return open
  return [...open, judge(slice, implicitErrorLimit(maxErrorRate), { implicit: true })]
}

function isSame(a: Verdict, b: Verdict): boolean {
  return a.metric === b.metric && a.relation === b.relation && a.limit === b.limit
}

function fault(verdict: Verdict, slice: Slice): LoadTestError {
  const code = verdict.status === 'fail' ? 'limit-crossed' : 'inconclusive'
  const origin = verdict.implicit
    ? '\n  every judged run carries this limit; a limit or matcher of its own on errors replaces it'
    : ''
  return thrownAt(siteOf.get(slice.data), new LoadTestError(code, describeVerdict(verdict, slice) + origin))
}
