// What only the resolved load project can be told: its exact files, its order, its settings and the reporter.
import { resolve } from 'node:path'
import type { TestProject, Vitest } from 'vitest/node'
import { reporterPath, setupPath } from './entry-paths.ts'
import type { PluginPlan } from './options.ts'
import { runLast } from './run-last.ts'
import { endStaleRuns } from './stale-run.ts'

export function configureProject(
  project: TestProject,
  { vitest, plan }: { readonly vitest: Vitest; readonly plan: PluginPlan },
): void {
  const { config } = project
  // Vitest appends a project's lists to those of the root: unit tests are no load tests, their set-up is not ours.
  config.include = [...plan.include]
  config.includeSource = []
  config.setupFiles = [setupPath, ...plan.setupFiles.map((file) => resolve(config.root, file))]
  config.dir = config.root
  runLast(project, vitest)
  project.provide('vitest-load', { ...plan.settings, outputDir: resolve(config.root, plan.settings.outputDir) })
  addReporter(vitest, plan)
  if (vitest.config.watch) endStaleRuns(project, vitest)
  if (vitest.config.coverage.enabled) warnOfCoverage(vitest)
}

function addReporter({ config }: Vitest, { outputDir }: PluginPlan): void {
  const options = outputDir === undefined ? {} : { outputDir }
  const names = ['vitest-load/reporter', reporterPath]
  // Named by the user too, it still writes where the plugin was told to.
  const isNamed = (reporter: unknown) => Array.isArray(reporter) && names.includes(String(reporter[0]))
  const present = config.reporters.findIndex(isNamed)
  if (present < 0) config.reporters.push([reporterPath, options])
  else config.reporters[present] = [reporterPath, { ...options, ...optionsOf(config.reporters[present]) }]
}

function optionsOf(reporter: unknown): object {
  return Array.isArray(reporter) && typeof reporter[1] === 'object' ? reporter[1] : {}
}

function warnOfCoverage({ logger }: Vitest): void {
  logger.warn(
    'vitest-load: coverage is on. It slows down code that runs inside the test process, which is not what will be deployed: measure without --coverage.',
  )
}
