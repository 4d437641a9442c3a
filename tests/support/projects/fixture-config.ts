// What the configs of all fixture projects share: `vitest-load` is the source of this repository.
import { fileURLToPath } from 'node:url'

export const alias = { 'vitest-load': fileURLToPath(new URL('../../../src/index.ts', import.meta.url)) }

/** Each run reports into a folder of its own. */
export const outputDir = process.env.REPORTS ?? '.vitest/vitest-load'
