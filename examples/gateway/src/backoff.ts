// How long a failed job waits for its next attempt.

const longest = 10 * 60_000

/**
 * Doubles with each attempt; the upper half is left to chance, so that jobs that failed together do not come back
 * together.
 *
 * @param attempt the one that has just failed, from 1
 * @param chance from 0 to 1
 */
export function backoff(attempt: number, first: number, chance: number): number {
  const whole = Math.min(longest, first * 2 ** (attempt - 1))
  return whole / 2 + (whole / 2) * chance
}
