// load() for tests: the engine's run, started when it is waited for, tied to the test that asked for it.
import { LoadTestError } from '../core/errors.ts'
import { type LoadOptions, type Plan, planLoad } from '../core/plan.ts'
import type { Run } from '../core/run.ts'
import type { Target } from '../core/target.ts'
import { load as sendLoad } from '../engine/load.ts'
import { callSite, siteOf, thrownAt } from './call-site.ts'
import { hasCrossedLimits } from './guards.ts'
import { LazyRun } from './lazy-run.ts'
import { sendProgress } from './progress.ts'
import { projectSettings } from './project-settings.ts'
import { currentCase, nobodyWaits, type RunningCase } from './running-case.ts'

/**
 * Load on a URL, a request, a list of requests or a function. Nothing given: 10 connections for 10 s. It starts when it
 * is awaited, which gives the finished `Run`, or when its first matcher is: `await expect(load(url)).toHaveP95Below(100)`.
 * It stops when the test times out or is cancelled.
 *
 * @throws LoadTestError at once: `invalid-options` with all mistakes of the call. When awaited: `host-not-allowed`,
 * `nothing-listens`, `tls-not-verified` before anything is sent, `aborted` when the run ended before its plan.
 */
export function load(target: Target, options: LoadOptions = {}): LazyRun {
  const site = callSite()
  const caller = currentCase()
  const { name } = check(target, options, { site, caller })
  const lazy = new LazyRun({
    name,
    site,
    // What was prepared for the whole file belongs to the test that starts it.
    carryOut: (run) => carryOut(run, { target, options, running: caller.task ? caller : currentCase() }),
  })
  caller.loads.push(lazy)
  return lazy
}

interface Call {
  readonly target: Target
  readonly options: LoadOptions
  readonly running: RunningCase
}

async function carryOut(lazy: LazyRun, call: Call): Promise<Run> {
  const { underWay, signal } = call.running
  const work = send(lazy, call, signal)
  underWay.set(lazy, work)
  try {
    return await work
  } catch (error) {
    // The guards report it; a rejection would only be an unhandled one.
    if (signal.reason === nobodyWaits) return await new Promise<never>(() => {})
    throw error
  } finally {
    underWay.delete(lazy)
  }
}

async function send({ site }: LazyRun, { target, options, running }: Call, signal: AbortSignal): Promise<Run> {
  const run = await sendLoad(target, options, {
    settings: projectSettings(),
    signal,
    onProgress: (progress) => sendProgress(running, progress),
    onNotice: (notice) => console.warn(`vitest-load: ${notice}`),
  })
  siteOf.set(run.data, site)
  running.carriedOut.push(run.data)
  const stoppedBy = [signal, options.signal].find((source) => source?.aborted)
  if (run.aborted !== undefined && (stoppedBy || !hasCrossedLimits(run.data))) {
    const cause = stoppedBy?.reason
    throw new LoadTestError('aborted', `load(): "${run.name}" was stopped: ${run.aborted}`, { cause })
  }
  return run
}

/** Nothing is sent before the whole call is right. */
function check(
  target: Target,
  options: LoadOptions,
  { site, caller }: { readonly site: string; readonly caller: RunningCase },
): Plan {
  try {
    if (caller.task?.concurrent) throw concurrent(caller.task.name)
    return planLoad(target, options, projectSettings())
  } catch (error) {
    throw thrownAt(site, error as Error)
  }
}

function concurrent(test: string): LoadTestError {
  return new LoadTestError(
    'invalid-options',
    `load(): "${test}" is a concurrent test, and load runs at the same time would measure each other: use it() without .concurrent`,
  )
}
