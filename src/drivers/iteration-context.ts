// What a function target is given for one iteration.
import type { TaskContext } from '../core/target.ts'

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
