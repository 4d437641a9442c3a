// Work for virtual users whose durations a test programs, in virtual time.
import type { UserPool, Work } from '../../src/drivers/user-pool.ts'
import { VirtualUser } from '../../src/drivers/virtual-user.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface Begun {
  readonly iteration: number
  readonly vu: number
  readonly planned: number
  readonly sent: number
}

export interface Script {
  readonly clock: VirtualClock
  /** How long an iteration takes that is sent now; Infinity: for ever; a text: it fails at once with this message. */
  readonly takes: (iteration: number, sent: number) => number | string
}

export class ScriptedWork implements Work {
  readonly begun: Begun[] = []
  readonly givenUp: { readonly vu: number; readonly iteration: number; readonly reason: string }[] = []
  readonly script: Script
  users = 0

  constructor(script: Script) {
    this.script = script
  }

  series(): number {
    return 0
  }

  user(vu: number, pool: UserPool): VirtualUser {
    this.users++
    return new ScriptedUser(vu, pool, this)
  }
}

class ScriptedUser extends VirtualUser {
  readonly subject = 'the script'
  readonly #pool: UserPool
  readonly #work: ScriptedWork

  constructor(vu: number, pool: UserPool, work: ScriptedWork) {
    super(vu)
    this.#pool = pool
    this.#work = work
  }

  begin(): void {
    const { iteration, vu, planned, sent } = this
    this.#work.begun.push({ iteration, vu, planned, sent })
    const { clock, takes } = this.#work.script
    const duration = takes(iteration, sent)
    if (typeof duration === 'string') this.#pool.failed(this, 'other', () => duration)
    else if (duration === 0) this.#pool.ok(this)
    else if (duration !== Number.POSITIVE_INFINITY) clock.at(sent + duration, () => this.#pool.ok(this))
  }

  giveUp({ message }: Error): void {
    this.#work.givenUp.push({ vu: this.vu, iteration: this.iteration, reason: message })
  }
}
