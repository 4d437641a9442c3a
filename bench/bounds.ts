// The limits among the comparisons as lines of `npm run verify`; rounds that `npm run bench` has measured are not measured again.
import { holdMachineLock } from '../src/engine/machine-lock.ts'
import type { Line } from '../tests/verify/verify.ts'
import { type Bound, type Comparison, judge } from './comparison.ts'
import { comparisons } from './comparisons.ts'
import { fewestRounds, roundsOf } from './saved-rounds.ts'

export const boundLines: readonly Line[] = comparisons
  .filter(({ bounds }) => bounds.length > 0)
  .map((comparison) => ({
    name: `bench-${comparison.name}`,
    promise: `${comparison.bounds.map(inWords).join('; ')} (median of ${fewestRounds} rounds)`,
    measure: () => measure(comparison),
  }))

async function measure(comparison: Comparison) {
  using _lock = await holdMachineLock()
  const rounds = await roundsOf(comparison)
  const judged = comparison.bounds.map((bound) => ({ bound, ...judge(bound, rounds) }))
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
