// The plainest user: one line, no projects.
import { defineConfig } from 'vitest/config'
import { loadTesting } from '../../../../src/plugin/index.ts'
import { alias, outputDir } from '../fixture-config.ts'

export default defineConfig({ resolve: { alias }, plugins: [loadTesting({ outputDir })] })
