// What a function target is given for one iteration.
import { LoadTestError } from '../core/errors.ts'
import { show } from '../core/problems.ts'
import type { TaskContext } from '../core/target.ts'
import { forget, isThenable } from '../core/thenable.ts'

/** Cheap to make: its abort controller exists only once somebody asks for the signal. */
export class IterationContext implements TaskContext {
  readonly iteration: number
  readonly vu: number
  readonly check: TaskContext['check']
  #controller: AbortController | undefined
  #given: Error | undefined

  constructor({ iteration, vu }: { readonly iteration: number; readonly vu: number }, check: TaskContext['check']) {
    this.iteration = iteration
    this.vu = vu
    this.check = check
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#given) this.#controller.abort(this.#given)
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#given = reason
    this.#controller?.abort(reason)
  }
}

/** @throws LoadTestError for a check that says neither true nor false: taken as true, it could never fail */
export function assertBoolean(name: string, held: unknown): asserts held is boolean {
  if (typeof held === 'boolean') return
  forget(held)
  const mend = isThenable(held)
    ? 'a promise: await it, and check what it resolves to'
    : `${show(held)}: compare it to get a boolean, as in 'value !== undefined'`
  throw new LoadTestError('invalid-options', `check(${show(name)}): expected true or false, got ${mend}`)
}
