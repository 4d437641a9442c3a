// Load cases that pass, miss their targets, forget an await, are interrupted.
import { defineConfig } from 'vitest/config'
import { loadTesting } from '../../../../src/plugin/index.ts'
import { alias, outputDir } from '../fixture-config.ts'

export default defineConfig({ resolve: { alias }, plugins: [loadTesting({ outputDir })] })
