// One attempt of a test while it runs: its load runs, what was judged, and what nobody has waited for yet.
import { type RunnerTestCase, TestRunner } from 'vitest'
import { LoadTestError } from '../core/errors.ts'
import type { RunData } from '../core/run.ts'
import type { Slice } from '../core/slice.ts'
import type { Verdict } from '../core/verdict.ts'
import type { RunRecord } from '../record/case-record.ts'
import type { LazyRun } from './lazy-run.ts'
import type { MatcherCall } from './matchers.ts'

/** A run or a part of one, and what was said about it. */
export interface Judgement {
  readonly slice: Slice
  readonly verdicts: Verdict[]
}

/** Runs that anybody judged, as a whole or in part. */
const judged = new WeakSet<RunData>()

export class RunningCase {
  /** Undefined outside of any test: in a hook of the file or at its top level. */
  readonly task: RunnerTestCase | undefined
  readonly attempt: RunRecord['attempt']
  /** Asked for here. */
  readonly loads: LazyRun[] = []
  /** Started here and not ended yet. */
  readonly underWay = new Map<LazyRun, Promise<unknown>>()
  /** Runs that ended here, whether or not they were aborted. */
  readonly carriedOut: RunData[] = []
  /** Matchers that must be awaited and have not settled. */
  readonly pendingMatchers = new Set<MatcherCall>()
  /** What could not be judged and is to end in a skip, not a failure. */
  readonly notJudged: LoadTestError[] = []
  readonly #judgements = new Map<string, Judgement>()
  /** What was still under way at the end. */
  readonly leftBehind: LazyRun[] = []
  #stopper = new AbortController()

  constructor(task?: RunnerTestCase) {
    this.task = task
    this.attempt = { retry: task?.result?.retryCount ?? 0, repeat: task?.result?.repeatCount ?? 0 }
    const signal = task?.context.signal
    const interrupt = () => this.#stopper.abort(interruption(signal?.reason))
    if (signal?.aborted) interrupt()
    else signal?.addEventListener('abort', interrupt, { once: true })
  }

  /** Aborted when the test times out, is cancelled or ends. */
  get signal(): AbortSignal {
    return this.#stopper.signal
  }

  /** The test was ended from outside: by its time limit or a cancelled Vitest run. */
  get interrupted(): boolean {
    return this.task?.context.signal.aborted ?? false
  }

  get judgements(): readonly Judgement[] {
    return [...this.#judgements.values()]
  }

  /** Runs that were judged here, as a whole or in part. */
  get judged(): ReadonlySet<RunData> {
    return new Set(this.judgements.map(({ slice }) => slice.data))
  }

  /** Runs that ended here and that nobody judged, here or elsewhere. */
  get neverJudged(): readonly RunData[] {
    return this.carriedOut.filter((run) => !judged.has(run))
  }

  /** Runs that ended here or were judged here. */
  get runs(): ReadonlySet<RunData> {
    return new Set([...this.carriedOut, ...this.judged])
  }

  /** Parts of runs are made anew by each `run.request(name)`: the name tells them. */
  judgementOf(slice: Slice): Judgement {
    const key = `${slice.data.id} ${slice.name}`
    const judgement = this.#judgements.get(key) ?? { slice, verdicts: [] }
    this.#judgements.set(key, judgement)
    judged.add(slice.data)
    return judgement
  }

  verdictsOn(run: RunData): readonly Verdict[] {
    return this.judgements.filter(({ slice }) => slice.data.id === run.id).flatMap(({ verdicts }) => verdicts)
  }

  /** Stops what is still under way and waits until it has come to its end. */
  async end(): Promise<void> {
    const unfinished = [...this.underWay]
    this.leftBehind.push(...unfinished.map(([load]) => load))
    this.#stopper.abort(nobodyWaits)
    // Outside of tests there is more to come: hooks of the next suite.
    if (!this.task) this.#stopper = new AbortController()
    await Promise.allSettled(unfinished.map(([, work]) => work))
  }
}

/** Why a run is stopped whose test, or hook, has come to its end. */
export const nobodyWaits = new LoadTestError('missing-await', 'nobody waited for it')

/** Vitest's reasons go on with advice for the terminal; the first line is the reason. */
function interruption(reason: unknown): LoadTestError {
  const text = reason instanceof Error ? reason.message : String(reason)
  return new LoadTestError('aborted', text.split('\n', 1)[0] as string, { cause: reason })
}

/** What happens outside of any test of this file. */
export const outside = new RunningCase()

const cases = new WeakMap<RunnerTestCase, RunningCase>()

/** Every attempt of a test is a case of its own. */
export function beginCase(task: RunnerTestCase): void {
  cases.set(task, new RunningCase(task))
}

export function caseOf(task: RunnerTestCase | undefined): RunningCase {
  return (task && cases.get(task)) ?? outside
}

export function currentCase(): RunningCase {
  return caseOf(TestRunner.getCurrentTest() as RunnerTestCase | undefined)
}
