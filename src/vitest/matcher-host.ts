// What the matchers need of the running test, as they see it.
import { LoadTestError } from '../core/errors.ts'
import { thrownAt } from './call-site.ts'
import type { MatcherHost } from './matchers.ts'
import { projectSettings } from './project-settings.ts'
import { caseOf } from './running-case.ts'

export const matcherHost: MatcherHost = {
  started(task, matcher) {
    const { pendingMatchers } = caseOf(task)
    pendingMatchers.add(matcher)
    return () => pendingMatchers.delete(matcher)
  },

  judged(slice, verdict, task) {
    caseOf(task).judgementOf(slice).verdicts.push(verdict)
  },

  inconclusive(message, { task, site }) {
    const error = thrownAt(site, new LoadTestError('inconclusive', message))
    if (!task || projectSettings().inconclusive === 'fail') throw error
    // The test goes on, so that no later failure is hidden behind the skip: see setup.ts.
    caseOf(task).notJudged.push(error)
  },
}
