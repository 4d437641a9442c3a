// The unit tests that mutants have to get past: those of the mutated files, no others.
import { defineConfig } from 'vitest/config'
import stryker from './stryker.config.mjs'

const include = stryker.mutate.map((file) => file.replace('src/', 'tests/unit/').replace('.ts', '{,-*}.test.ts'))

export default defineConfig({ test: { include } })
