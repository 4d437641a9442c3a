// All comparisons, in the order of the page.
import type { Comparison } from './comparison.ts'
import { costComparisons } from './cost.ts'
import { emptyFunctionComparisons } from './empty-function.ts'
import { freezeComparison } from './freeze.ts'
import { idleUsersComparison } from './idle-users.ts'
import { pacingComparisons } from './pacing.ts'

export const comparisons: readonly Comparison[] = [
  ...costComparisons,
  freezeComparison,
  ...pacingComparisons,
  ...emptyFunctionComparisons,
  idleUsersComparison,
]
