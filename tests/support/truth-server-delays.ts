// The delays of the truth server, known in advance: a function of the seed and the iteration number.

/** Between 1 ms and the longest, half of them in the lower quarter. */
export function delayOf(seed: number, iteration: number, longest = 1000): number {
  return 1 + (longest - 1) * random(seed ^ Math.imul(iteration + 1, 0x9e3779b9)) ** 2
}

/** Mulberry32: from 0 to below 1. */
function random(seed: number): number {
  let state = (seed + 0x6d2b79f5) | 0
  state = Math.imul(state ^ (state >>> 15), state | 1)
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61)
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32
}
