// Everything that can end a run before its plan is done, as one signal.
import { clearTimeout, setTimeout } from 'node:timers'
import { LoadTestError } from '../core/errors.ts'
import type { Plan } from '../core/plan.ts'
import { formatSpan } from '../core/units.ts'

export interface Stopper extends Disposable {
  /** Aborted with the reason. */
  readonly signal: AbortSignal
  stop(reason: unknown): void
  /** The load begins: it must be over after `plan.deadline`. */
  begin(): void
}

/** @param signals of the test and of the caller, where there are any */
export function createStopper(plan: Plan, signals: readonly (AbortSignal | undefined)[]): Stopper {
  const controller = new AbortController()
  const sources = signals.filter((signal) => signal !== undefined)
  const signal = AbortSignal.any([controller.signal, ...sources])
  const stop = (reason: unknown) => controller.abort(reason)
  let timer: NodeJS.Timeout | undefined
  return {
    signal,
    stop,
    begin() {
      timer = setTimeout(() => stop(deadlinePassed(plan)), plan.deadline)
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

function deadlinePassed({ name, deadline, warmup, duration, gracefulStop }: Plan): LoadTestError {
  const parts = `warm-up ${formatSpan(warmup)}, load ${formatSpan(duration)}, graceful stop ${formatSpan(gracefulStop)}`
  return new LoadTestError('deadline-passed', `"${name}" had not ended after ${formatSpan(deadline)} (${parts})`)
}
