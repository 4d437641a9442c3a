// The limits among the comparisons as lines of `npm run verify`, measured with only those contestants that they need.

import { holdMachineLock } from '../src/engine/machine-lock.ts'
import type { Line } from '../tests/verify/verify.ts'
import { type Bound, type Comparison, judge, type Round, runRound } from './comparison.ts'
import { comparisons } from './comparisons.ts'

const rounds = 5

export const boundLines: readonly Line[] = comparisons
  .filter(({ bounds }) => bounds.length > 0)
  .map((comparison) => ({
    name: `bench-${comparison.name}`,
    promise: `${comparison.bounds.map(inWords).join('; ')} (median of ${rounds} rounds)`,
    measure: () => measure(comparison),
  }))

async function measure({ bounds, contestants }: Comparison) {
  using _lock = await holdMachineLock()
  const needed = contestants.filter(({ name }) => bounds.some(({ of }) => of.includes(name)))
  const done: Round[] = []
  while (done.length < rounds) done.push(await runRound(needed, done.length))
  const judged = bounds.map((bound) => ({ bound, ...judge(bound, done) }))
  return {
    holds: judged.every(({ holds }) => holds),
    figures: judged
      .map(({ bound: { words, digits }, median, least, most }) => {
        const [middle, low, high] = [median, least, most].map((value) => value.toFixed(digits))
        return `${words}: ${middle} (${low} to ${high})`
      })
      .join('; '),
  }
}

function inWords({ words, atMost }: Bound): string {
  return `${words} at most ${atMost}`
}
