// The projects that the plugin adds to a config: the load tests, and the root's own tests beside them.
import type { TestProjectInlineConfiguration, TestUserConfig } from 'vitest/config'
import { setupPath } from './entry-paths.ts'
import type { PluginPlan } from './options.ts'

/** Serial, in fresh processes. Extends the root config, so that aliases, plugins and environment variables hold here, too. */
export function loadProject(
  { name, include, globalSetup }: PluginPlan,
  root: TestUserConfig,
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name: { label: name, color: 'magenta' },
      include: [...include],
      setupFiles: [setupPath],
      globalSetup: [...globalSetup],
      environment: 'node',
      typecheck: { enabled: false },
      // Limits judge without any expect() in the test.
      expect: { requireAssertions: false },
      // Said only where needed, because it costs the project a Vite server of its own.
      ...(root.browser ? { browser: { enabled: false } } : {}),
      pool: 'forks',
      isolate: true,
      maxWorkers: 1,
      fileParallelism: false,
      // The plan of a run knows how long it takes; the library ends what takes longer, and says so.
      testTimeout: 0,
      hookTimeout: 120_000,
      retry: 0,
      // Our hooks are the first to be registered and must be the last to run.
      sequence: { concurrent: false, hooks: 'stack' },
    },
  }
}

/** As soon as there is a list of projects, Vitest runs the root's own tests only as one of them. */
export function rootProject(name: TestUserConfig['name'] = 'unit'): TestProjectInlineConfiguration {
  return { extends: true, test: { name } }
}
