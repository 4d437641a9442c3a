// How many iterations have ended by now, between two looks at a run under way.
import { performance } from 'node:perf_hooks'
import type { Snapshot } from '../core/recording.ts'

export class CompletionCount {
  #last = { at: 0, count: 0 }
  #perMs = 0

  /** About once a second. */
  note({ lane: { iterations } }: Snapshot): void {
    const at = performance.now()
    const count = iterations.ok + iterations.failed + iterations.timedOut
    if (this.#last.at > 0) this.#perMs = (count - this.#last.count) / (at - this.#last.at)
    this.#last = { at, count }
  }

  /** Since then at the pace of the last second. */
  get now(): number {
    const { at, count } = this.#last
    return at === 0 ? 0 : count + this.#perMs * (performance.now() - at)
  }
}
