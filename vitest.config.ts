// The project's own tests: units, integration with real processes, and the load cases that document it.
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { loadTesting } from './src/plugin/index.ts'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Every server and every thread of a test begins with the same modules: compiled once, they start in a third of the time.
process.env.NODE_COMPILE_CACHE ??= source('./.vitest/compile-cache')

export default defineConfig({
  plugins: [loadTesting({ include: 'tests/load/**/*.load.ts', globalSetup: './tests/load/database.ts' })],
  resolve: {
    alias: [
      { find: /^vitest-load$/, replacement: source('./src/index.ts') },
      { find: /^vitest-load\/(plugin|engine)$/, replacement: `${source('./src')}/$1/index.ts` },
      { find: /^vitest-load\/reporter$/, replacement: source('./reporters/index.ts') },
      { find: /^vitest-load\/setup$/, replacement: source('./src/vitest/setup.ts') },
    ],
  },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts', 'examples/*/tests/**/*.test.ts'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          setupFiles: ['tests/support/own-lock.ts'],
          include: ['tests/integration/**/*.test.ts'],
          testTimeout: 60_000,
          maxWorkers: 2,
          maxConcurrency: 2,
          sequence: { groupOrder: 1 },
        },
      },
      // Alone, because it measures: the README's own limits are met by a machine that does nothing else.
      {
        extends: true,
        test: {
          name: 'package',
          include: ['tests/package/**/*.test.ts'],
          testTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
