// One virtual user that calls a function over and over.
import type { Recorder } from '../core/recorder.ts'
import type { Task } from '../core/target.ts'
import { isThenable } from '../core/thenable.ts'
import { thrownInWords } from './answer.ts'
import { assertBoolean, IterationContext } from './iteration-context.ts'
import type { UserPool } from './user-pool.ts'
import { VirtualUser } from './virtual-user.ts'

export interface TaskWork {
  readonly run: Task
  /** How the function is called in error examples. */
  readonly name: string
  readonly recorder: Recorder
}

/**
 * A function cannot be stopped from outside. One that has timed out is told so by its `signal`, counts as timed out
 * from that moment, and whatever it still does counts no more: its place is taken at once, in both models, because a
 * function that never comes back must not block a virtual user for ever. So more functions than users can be running.
 */
export class TaskUser extends VirtualUser {
  readonly #work: TaskWork
  readonly #pool: UserPool
  #context: IterationContext | undefined

  constructor(vu: number, pool: UserPool, work: TaskWork) {
    super(vu)
    this.#pool = pool
    this.#work = work
  }

  get subject(): string {
    return this.#work.name
  }

  begin(): void {
    const context = new IterationContext(this, this.#check)
    this.#context = context
    try {
      const result = this.#work.run(context)
      if (isThenable(result)) result.then(this.#resolved, this.#rejected)
      else this.#resolved()
    } catch (error) {
      this.#rejected(error)
    }
  }

  giveUp(reason: Error): void {
    this.#context?.abort(reason)
  }

  readonly #resolved = () => {
    this.#context = undefined
    this.#pool.ok(this)
  }

  readonly #rejected = (error: unknown) => {
    this.#context = undefined
    this.#pool.failed(this, 'thrown', () => `${this.subject} threw ${thrownInWords(error)}`)
  }

  /** Checks of the warm-up are in no metric, like everything of it. */
  readonly #check = (name: string, held: boolean) => {
    assertBoolean(name, held)
    if (this.busy && this.isMeasured) this.#work.recorder.check(name, held)
  }
}
