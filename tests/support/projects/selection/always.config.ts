// Load tests with every `vitest run`, beside root tests that have an include, set-up files and a name of their own.
import { defineConfig } from 'vitest/config'
import { loadTesting } from '../../../../src/plugin/index.ts'
import { alias, outputDir } from '../fixture-config.ts'

export default defineConfig({
  resolve: { alias },
  plugins: [
    loadTesting({ run: 'always', outputDir, setupFiles: './load-setup.ts', globalSetup: './load-global-setup.ts' }),
  ],
  test: { name: 'mine', include: ['src/**/*.check.ts'], setupFiles: ['./root-setup.ts'] },
})
