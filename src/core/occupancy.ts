// What the users of a closed run did with their time, so that what was measured can be checked by Little's law.

/** Summed over all users, ms of the measured time. */
export interface OccupancyData {
  /** How long users were there to run iterations: the number of users times the time. */
  readonly duty: number
  /** How long iterations were under way: their number times the mean time that they took. */
  readonly busy: number
  /** How long users waited because they were told to: think time, or a pause after a failed connection. */
  readonly rest: number
}

export class Occupancy {
  readonly #start: number
  #end: number
  #duty = 0
  #busy = 0
  #rest = 0

  /** @param start and `end` of the measured time as it is planned, ms on the driver's clock */
  constructor(start: number, end: number) {
    this.#start = start
    this.#end = end
  }

  /** The measured time ends before its plan does. */
  stop(now: number): void {
    this.#end = Math.min(this.#end, now)
  }

  /** @param users so many of them at once. Default: 1. */
  duty(from: number, to: number, users = 1): void {
    this.#duty += users * this.#within(from, to)
  }

  /** Hot path. */
  busy(from: number, to: number): void {
    this.#busy += this.#within(from, to)
  }

  rest(from: number, to: number): void {
    this.#rest += this.#within(from, to)
  }

  toData(): OccupancyData {
    return { duty: this.#duty, busy: this.#busy, rest: this.#rest }
  }

  #within(from: number, to: number): number {
    const first = from < this.#start ? this.#start : from
    const last = to > this.#end ? this.#end : to
    return last > first ? last - first : 0
  }
}

/**
 * The share of the users' time that no iteration and no pause accounts for: by Little's law (1961) the users are as many
 * as iterations begin per second times how long each keeps a user. Above 0 the generator itself took the time, below 0
 * iterations took more time than there was. NaN when nobody was on duty.
 */
export function unaccounted({ duty, busy, rest }: OccupancyData): number {
  return duty > 0 ? 1 - (busy + rest) / duty : Number.NaN
}

export function addOccupancy(parts: readonly OccupancyData[]): OccupancyData {
  const sum = (key: keyof OccupancyData) => parts.reduce((total, part) => total + part[key], 0)
  return { duty: sum('duty'), busy: sum('busy'), rest: sum('rest') }
}
