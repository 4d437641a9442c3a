// What a counter, which only ever rises and begins again at 0, has counted between two readings.

/**
 * A lower number means that it began again (a restart): what it has counted since is its number. One that was not there
 * before has begun at 0, because counters appear when they first count.
 */
export function increase(before: number | undefined, now: number): number {
  return before === undefined || now < before ? now : now - before
}
