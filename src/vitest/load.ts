// load() for tests: the engine's run, started when it is waited for, tied to the test that asked for it.
import { LoadTestError } from '../core/errors.ts'
import type { LoadOptions } from '../core/load-options.ts'
import { planLoad } from '../core/plan.ts'
import type { Progress } from '../core/progress.ts'
import type { Run } from '../core/run.ts'
import type { Target } from '../core/target.ts'
import { load as sendLoad } from '../engine/load.ts'
import { callSite, pointingTo, siteOf, thrownAt } from './call-site.ts'
import { hasCrossedLimits } from './guards.ts'
import { holdFiles } from './held-files.ts'
import { LazyRun } from './lazy-run.ts'
import { sendProgress } from './progress.ts'
import { projectSettings } from './project-settings.ts'
import { currentCase, nobodyWaits, type RunningCase } from './running-case.ts'

/**
 * Load on a URL, a request, a list of requests or a function. Nothing given: 10 connections, or 10 users of a function, for 10 s. It starts when it
 * is awaited, which gives the finished `Run`, or when its first matcher is: `await expect(load(url)).toHaveP95Below(100)`.
 * It stops when the test times out or is cancelled.
 *
 * @throws LoadTestError at once: `invalid-options` with all mistakes of the call. When awaited: `host-not-allowed`,
 * `nothing-listens`, `tls-not-verified`, `generator-starved` before anything is sent, `aborted` when the run ended before its plan.
 */
export function load(target: Target, options: LoadOptions = {}): LazyRun {
  const site = callSite()
  const caller = currentCase()
  // Nothing is sent before the whole call is right.
  const plan = pointingTo(site, () => {
    if (caller.task?.concurrent) throw concurrent()
    return planLoad(target, options, projectSettings())
  })
  const name = toldApart(plan.name, caller)
  const lazy = new LazyRun({
    name,
    site,
    // What was prepared for the whole file belongs to the test that starts it.
    carryOut: (run) =>
      carryOut(run, { target, options: { ...options, name }, running: caller.task ? caller : currentCase() }),
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
    throw thrownAt(lazy.site, error)
  } finally {
    underWay.delete(lazy)
  }
}

async function send({ site }: LazyRun, { target, options, running }: Call, signal: AbortSignal): Promise<Run> {
  let last: Progress | undefined
  const sent = sendLoad(target, options, {
    settings: projectSettings(),
    signal,
    onProgress: (progress) => {
      last = progress
      sendProgress(running, { ...progress, over: false })
    },
    onFiles: ({ data }, files) =>
      holdFiles(data, { files, isWanted: [options.profile, options.allocations].includes('always') }),
    onNotice: (notice) => console.warn(`vitest-load: ${notice}`),
  })
  const run = await sent.finally(() => last && sendProgress(running, { ...last, over: true }))
  siteOf.set(run.data, site)
  running.carriedOut.push(run.data)
  const stoppedBy = [signal, options.signal].find((source) => source?.aborted)
  if (run.aborted !== undefined && (stoppedBy || !hasCrossedLimits(run.data))) {
    const cause = stoppedBy?.reason
    throw new LoadTestError('aborted', `load(): "${run.name}" was stopped: ${run.aborted}`, { cause })
  }
  return run
}

/** Several runs of one test have names of their own: `GET /`, `GET / (2)`. */
function toldApart(name: string, { loads }: RunningCase): string {
  const taken = new Set(loads.map((load) => load.name))
  let number = 1
  while (taken.has(number === 1 ? name : `${name} (${number})`)) number++
  return number === 1 ? name : `${name} (${number})`
}

/** Names no test: among concurrent ones nobody can tell which of them called. */
function concurrent(): LoadTestError {
  return new LoadTestError(
    'invalid-options',
    'load(): called in a concurrent test, and load runs at the same time would measure each other: use it() without .concurrent',
  )
}
