// What loadTesting() makes of its options, and what it says about wrong ones.
import { describe, expect, it } from 'vitest'
import { type PluginOptions, planPlugin } from '../../../src/plugin/options.ts'

describe('planPlugin', () => {
  it('fills in every default', () => {
    expect(planPlugin({})).toEqual({
      name: 'load',
      include: ['**/*.load.?(c|m)[jt]s'],
      setupFiles: [],
      globalSetup: [],
      run: 'explicit',
      settings: {
        allowHosts: [],
        maxErrorRate: 0.01,
        inconclusive: 'fail',
        outputDir: '.vitest/vitest-load',
      },
    })
  })

  it('takes one or several globs and set-up files', () => {
    const options = { include: 'load/*.ts', setupFiles: ['a.ts', 'b.ts'], globalSetup: 'c.ts' }
    expect(planPlugin(options)).toMatchObject({ ...options, include: ['load/*.ts'], globalSetup: ['c.ts'] })
  })

  it('hands on settings and the place of reports', () => {
    const settings = {
      baseUrl: 'http://127.0.0.1:3000',
      allowHosts: ['a.example.com'],
      maxErrorRate: 0,
      inconclusive: 'skip',
    } as const
    expect(planPlugin({ ...settings, outputDir: 'out' })).toMatchObject({ settings, outputDir: 'out' })
  })

  it('lists all mistakes of a call at once', () => {
    const options = {
      name: 'lo*d',
      include: [],
      setupFiles: 1,
      globalSetup: 1,
      run: 'sometimes',
      baseUrl: 'localhost:3000',
      allowHosts: 'example.com',
      maxErrorRate: 5,
      inconclusive: 'warn',
      outputDir: '',
      maxErorRate: 1,
      rate: 5,
    } as unknown as PluginOptions
    expect(() => planPlugin(options)).toThrow(
      expect.objectContaining({
        code: 'invalid-options',
        message: [
          'loadTesting(): 12 options are wrong',
          '  maxErorRate:  unknown option; did you mean maxErrorRate?',
          '  rate:         belongs to load()',
          "  name:         expected a project name without * and ! such as 'load', got 'lo*d'",
          "  include:      expected a glob or a list of them such as ['tests/load/**/*.load.ts'], got []",
          '  setupFiles:   expected a path or a list of them, got 1',
          '  globalSetup:  expected a path or a list of them, got 1',
          "  run:          expected 'explicit' or 'always', got 'sometimes'",
          "  baseUrl:      expected an http: or https: URL such as 'http://127.0.0.1:3000', got 'localhost:3000'",
          "  allowHosts:   expected a list of names or addresses such as ['*.staging.example.com'], got 'example.com'",
          '  maxErrorRate: expected a share from 0 to 1 such as 0.01, got 5',
          "  inconclusive: expected 'fail' or 'skip', got 'warn'",
          "  outputDir:    expected a path such as '.vitest/vitest-load', got ''",
        ].join('\n'),
      }),
    )
  })

  it.each([null, 'load', 5])('refuses %o as options', (options) => {
    expect(() => planPlugin(options as unknown as PluginOptions)).toThrow(/loadTesting\(\): 1 option is wrong/)
  })
})
