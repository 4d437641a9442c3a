// A root config full of what would be in the way of load tests: most of it would end them at once.
import { defineConfig } from 'vitest/config'
import { loadTesting } from '../../../../src/plugin/index.ts'
import { alias, outputDir } from '../fixture-config.ts'

export default defineConfig({
  resolve: { alias },
  plugins: [loadTesting({ outputDir })],
  test: {
    dir: './nowhere',
    include: ['**/*.ts'],
    includeSource: ['**/*.ts'],
    setupFiles: ['./no-such-file.ts'],
    environment: './broken-environment.ts',
    testTimeout: 1,
    retry: 3,
    typecheck: { enabled: true },
    expect: { requireAssertions: true },
    sequence: { concurrent: true, hooks: 'list' },
  },
})
