// The set-up file of the load project: matchers, and what is looked after at the end of each test and of the file.
import { afterAll, afterEach, beforeEach, expect, type RunnerTestFile, type RunnerTestSuite } from 'vitest'
import './matcher-types.ts'
import type { LoadTestError } from '../core/errors.ts'
import { findFaults } from './guards.ts'
import { settleFiles } from './held-files.ts'
import { createLogMatcher } from './log-matcher.ts'
import { matcherHost } from './matcher-host.ts'
import { createMatchers } from './matchers.ts'
import { projectSettings } from './project-settings.ts'
import { recordCase } from './record-case.ts'
import { beginCase, caseOf, outside, type RunningCase } from './running-case.ts'
import { stopServersOfFile } from './serve.ts'

expect.extend({ ...createMatchers(matcherHost), toHaveLogged: createLogMatcher(matcherHost) })

beforeEach(async ({ task }) => {
  // Hooks are over: what goes on now was cut off with one, and would disturb the test.
  await outside.end()
  beginCase(task)
})

// Hooks run in reverse order of their registration: this one after all that tests have of their own.
afterEach(async ({ task, skip }) => {
  const running = caseOf(task)
  const faults = await conclude(running, task.result?.state !== 'pass')
  settleFiles(running)
  recordCase(running)
  if (projectSettings().inconclusive === 'skip' && faults.length > 0 && faults.every(isInconclusive)) {
    skip(faults.map(firstLine).join('; '))
  }
  throwAll(faults)
})

// biome-ignore lint/correctness/noEmptyPattern: Vitest wants fixtures to be destructured, also where none is used
afterAll(async ({}, file) => {
  const faults = await conclude(outside, isCutShort(file))
  settleFiles(outside)
  throwAll([...faults, ...(await stopServersOfFile())])
})

async function conclude(running: RunningCase, cutShort: boolean): Promise<readonly LoadTestError[]> {
  await running.end()
  return findFaults(running, { cutShort, maxErrorRate: projectSettings().maxErrorRate })
}

/** A hook failed, or a test was not run: by its own will or because a filter left it out. */
function isCutShort({ result, tasks }: RunnerTestSuite | RunnerTestFile): boolean {
  const failed = (result?.errors?.length ?? 0) > 0
  return failed || tasks.some((task) => (task.type === 'suite' ? isCutShort(task) : task.mode !== 'run'))
}

function isInconclusive({ code }: LoadTestError): boolean {
  return code === 'inconclusive'
}

function firstLine({ message }: LoadTestError): string {
  return message.split('\n', 1)[0] as string
}

/** Vitest shows each error of an AggregateError by itself. */
function throwAll(faults: readonly unknown[]): void {
  if (faults.length === 1) throw faults[0]
  if (faults.length > 1) throw new AggregateError(faults, `${faults.length} things went wrong`)
}
