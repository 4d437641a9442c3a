// What cannot be judged is skipped.
import { defineConfig } from 'vitest/config'
import { loadTesting } from '../../../../src/plugin/index.ts'
import { alias, outputDir } from '../fixture-config.ts'

export default defineConfig({ resolve: { alias }, plugins: [loadTesting({ outputDir, inconclusive: 'skip' })] })
