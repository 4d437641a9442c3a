// The Vite plugin: one line in a config that adds the load project with its settings, matchers and reporter.
import type {} from 'vitest/config'
import type { TestUserConfig, Vite } from 'vitest/node'
import { configureProject } from './configure-project.ts'
import { loadProject, rootProject } from './load-project.ts'
import { checkNode } from './node-version.ts'
import { type PluginOptions, planPlugin } from './options.ts'
import { asksFor } from './project-filter.ts'

export type { PluginOptions } from './options.ts'

/**
 * `plugins: [loadTesting()]`. `vitest run --project load` then runs every `*.load.ts`, one after the other, after all
 * other projects. A bare `vitest run` stays as it was, unless `run` is `'always'`.
 *
 * @throws LoadTestError `invalid-options` that lists every mistake of the options
 */
export function loadTesting(options: PluginOptions = {}): Vite.Plugin {
  checkNode(process.versions.node)
  const plan = planPlugin(options)
  return {
    name: 'vitest-load',
    enforce: 'pre',
    config({ test = {} }) {
      const wanted = plan.run === 'always' || asksFor(plan.name, (test as TestUserConfig).project)
      if (!wanted) return undefined
      // Beside a project list, the root's own tests are a project only if the list says so.
      const beside = test.projects ? [] : [rootProject(test.name)]
      return { test: { projects: [...beside, loadProject(plan, test)] } }
    },
    configureVitest({ vitest, project }) {
      if (project.name === plan.name) configureProject(project, { vitest, plan })
    },
  }
}
