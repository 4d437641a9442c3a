// Changes the arithmetic that verdicts rest on in a thousand small ways, to see whether its unit tests notice.
const nouns = [
  'iterations',
  'lane',
  'recorder',
  'recording',
  'verdict',
  'binomial',
  'distribution',
  'schedule',
  'timeline',
]

export default {
  mutate: nouns.map((noun) => `src/core/${noun}.ts`),
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tests/verify/mutation/vitest.config.mjs' },
  coverageAnalysis: 'perTest',
  // Without the tsconfig.json, which Stryker would rewrite with a compiler interface that TypeScript 7 does not have.
  ignorePatterns: ['**', '!package.json', '!src/**/*.ts', '!tests/**/*.ts', '!tests/verify/mutation/*.mjs'],
  tempDirName: '.vitest/mutation/sandbox',
  reporters: ['clear-text', 'json'],
  clearTextReporter: { allowColor: false, reportTests: false, logTests: false },
  jsonReporter: { fileName: '.vitest/mutation/report.json' },
}
