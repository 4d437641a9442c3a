// A load run that starts when somebody waits for it: by `await`, or by its first matcher. Once.
import type { Run } from '../core/run.ts'

export interface LazyRunParts {
  readonly name: string
  readonly site: string
  carryOut(run: LazyRun): Promise<Run>
}

/** What `load()` gives. `await`, `then`, `catch` and `finally` start it and give the finished `Run`; so does a matcher: `await expect(run).toMeet(...)`. */
export class LazyRun implements PromiseLike<Run> {
  readonly name: string
  readonly #site: string
  readonly #carryOut: (run: LazyRun) => Promise<Run>
  #run: Promise<Run> | undefined

  constructor({ name, site, carryOut }: LazyRunParts) {
    this.name = name
    this.#site = site
    this.#carryOut = carryOut
  }

  /** The stack lines of the call that asked for it. */
  get site(): string {
    return this.#site
  }

  get started(): boolean {
    return this.#run !== undefined
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaited is its purpose
  then<Fulfilled = Run, Rejected = never>(
    onFulfilled?: ((run: Run) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    this.#run ??= this.#carryOut(this)
    return this.#run.then(onFulfilled, onRejected)
  }

  catch<Rejected = never>(
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Run | Rejected> {
    return this.then(undefined, onRejected)
  }

  finally(onSettled?: (() => void) | null): Promise<Run> {
    return this.then().finally(onSettled)
  }
}
