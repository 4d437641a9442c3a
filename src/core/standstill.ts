// Notices that work was under way and nothing completed for a long time.

/** Times in ms from the measured start. */
export interface Standstill {
  readonly from: number
  readonly until: number
}

/** A target that completes nothing for so long has stopped moving. */
export const longestQuiet = 10_000
/** A target may stand still again and again: so many are told. */
const mostKept = 20

export class Standstills {
  readonly #start: number
  readonly #found: Standstill[] = []
  #underWay = 0
  /** The last completion, or later when something was begun after a time without work. */
  #since: number

  /** @param start the measured start, ms on the caller's clock */
  constructor(start: number) {
    this.#start = this.#since = start
  }

  /** Hot path. */
  began(at: number): void {
    if (this.#underWay++ === 0 && at > this.#since) this.#since = at
  }

  /** Hot path. An answer came, good or bad. */
  completed(at: number): void {
    if (at - this.#since >= longestQuiet) this.#note(at)
    this.#underWay--
    this.#since = at
  }

  /** It was never sent, or nobody waits for it any more: nothing has moved. */
  givenUp(at: number): void {
    if (at - this.#since >= longestQuiet) this.#note(at)
    this.#underWay--
  }

  /** @param end of the run: what was quiet until then counts too */
  finish(end: number): readonly Standstill[] {
    if (this.#underWay > 0 && end - this.#since >= longestQuiet) this.#note(end)
    return this.#found
  }

  /** Of one that is known already: it has gone on. */
  #note(now: number): void {
    const [from, until] = [this.#since - this.#start, now - this.#start]
    if (this.#found.at(-1)?.from === from) this.#found.pop()
    if (this.#found.length < mostKept) this.#found.push({ from, until })
  }
}

/** The times at which all shards of a run stood still. */
export function commonStandstills(shards: readonly (readonly Standstill[])[]): readonly Standstill[] {
  return shards.reduce((all, others) =>
    all.flatMap((one) =>
      others
        .map((other) => ({ from: Math.max(one.from, other.from), until: Math.min(one.until, other.until) }))
        .filter(({ from, until }) => until - from >= longestQuiet),
    ),
  )
}
