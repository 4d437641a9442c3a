// What the matchers need of the running test, as they see it.
import { LoadTestError } from '../core/errors.ts'
import { Run } from '../core/run.ts'
import { callSite, thrownAt } from './call-site.ts'
import type { MatcherHost } from './matchers.ts'
import { projectSettings } from './project-settings.ts'
import { caseOf } from './running-case.ts'

export const matcherHost: MatcherHost = {
  started(task, name) {
    const { pendingMatchers } = caseOf(task)
    const matcher = { name, site: callSite() }
    pendingMatchers.add(matcher)
    return () => pendingMatchers.delete(matcher)
  },

  async startLazy(value) {
    const run = await value
    if (run instanceof Run) return run
    throw new LoadTestError('invalid-options', 'expect(): expected a run of load(), got a promise of something else')
  },

  judged(slice, verdict, task) {
    caseOf(task).judgementOf(slice).verdicts.push(verdict)
  },

  inconclusive(message, task) {
    const { pendingMatchers, notJudged } = caseOf(task)
    // Matchers that wait for the same run settle in the order in which they were called.
    const [pending] = pendingMatchers
    const error = thrownAt(pending?.site ?? callSite(), new LoadTestError('inconclusive', message))
    if (!task || projectSettings().inconclusive === 'fail') throw error
    // The test goes on, so that no later failure is hidden behind the skip: see setup.ts.
    notJudged.push(error)
  },
}
