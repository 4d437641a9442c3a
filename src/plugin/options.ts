// What `loadTesting()` takes: every default filled in, all mistakes found at once.
import { pluginOptionNames, whereItBelongs } from '../core/option-places.ts'
import { Problems } from '../core/problems.ts'
import { defaultSettings, type Settings } from '../core/settings.ts'

export interface PluginOptions {
  /** Name of the project: `vitest run --project load`. Default: `'load'`. */
  readonly name?: string
  /** Globs of its files. Default: every `*.load.ts` (or js, mts, cts, mjs, cjs). */
  readonly include?: string | readonly string[]
  /**
   * Set-up files of its own, relative to the root. Those of the root config are not run here: what they prepare for unit
   * tests (a DOM, mocked modules, faked network or time) would stand between the load and the server. Default: none.
   */
  readonly setupFiles?: string | readonly string[]
  /**
   * Vitest's `globalSetup` of this project, relative to the root: modules whose default export runs once, in Vitest's own
   * process, before a run that has any of its files, and gives what undoes it. Every project of that run sees what it puts
   * into `process.env`. That of the root config runs as well. Default: none.
   */
  readonly globalSetup?: string | readonly string[]
  /** `'explicit'`: only when `--project` names it. `'always'`: with a bare `vitest run`, too. Default: `'explicit'`. */
  readonly run?: 'explicit' | 'always'
  /** Joined to targets that are a path alone. `VITEST_LOAD_BASE_URL` wins. Default: none. */
  readonly baseUrl?: string
  /** Hosts beyond loopback that load may go to, `'*.staging.example.com'`; `VITEST_LOAD_ALLOW_HOSTS` adds to them. Default: none. */
  readonly allowHosts?: readonly string[]
  /** The error rate (0 to 1) that a judged run may have unless a limit of its own says otherwise. Default: 0.01. */
  readonly maxErrorRate?: number
  /** What a test does whose numbers cannot be judged. Default: `'fail'`. */
  readonly inconclusive?: 'fail' | 'skip'
  /** Where reports go, relative to the root. Default: `'.vitest/vitest-load'`. */
  readonly outputDir?: string
}

/** Options with every default filled in. */
export interface PluginPlan {
  readonly name: string
  readonly include: readonly string[]
  readonly setupFiles: readonly string[]
  readonly globalSetup: readonly string[]
  readonly run: 'explicit' | 'always'
  readonly settings: Settings
  readonly outputDir?: string
}

const defaultInclude = ['**/*.load.?(c|m)[jt]s']

/** @throws LoadTestError `invalid-options` that lists every mistake */
export function planPlugin(options: PluginOptions): PluginPlan {
  const problems = new Problems('loadTesting()')
  if (typeof options !== 'object' || options === null) {
    problems.expected('options', "an object such as { run: 'always' }", options)
    problems.throwIfAny()
  }
  checkOptions(options, problems)
  problems.throwIfAny()
  const { name = 'load', include = defaultInclude, run = 'explicit', baseUrl, outputDir } = options
  return {
    name,
    include: listOf(include),
    setupFiles: listOf(options.setupFiles ?? []),
    globalSetup: listOf(options.globalSetup ?? []),
    run,
    settings: {
      ...(baseUrl === undefined ? {} : { baseUrl }),
      allowHosts: options.allowHosts ?? defaultSettings.allowHosts,
      maxErrorRate: options.maxErrorRate ?? defaultSettings.maxErrorRate,
      inconclusive: options.inconclusive ?? defaultSettings.inconclusive,
      outputDir: outputDir ?? defaultSettings.outputDir,
    },
    ...(outputDir === undefined ? {} : { outputDir }),
  }
}

function checkOptions(options: PluginOptions, problems: Problems): void {
  problems.unknownKeys(options, pluginOptionNames satisfies readonly (keyof PluginOptions)[], {
    elsewhere: whereItBelongs,
  })
  const check = (name: keyof PluginOptions, holds: (value: unknown) => boolean, expected: string) => {
    if (options[name] !== undefined && !holds(options[name])) problems.expected(name, expected, options[name])
  }
  check('name', isProjectName, "a project name without * and ! such as 'load'")
  check('include', isTextOrTexts, "a glob or a list of them such as ['tests/load/**/*.load.ts']")
  check('setupFiles', isTextOrTexts, 'a path or a list of them')
  check('globalSetup', isTextOrTexts, 'a path or a list of them')
  check('run', (value) => value === 'explicit' || value === 'always', "'explicit' or 'always'")
  check('baseUrl', isHttpUrl, "an http: or https: URL such as 'http://127.0.0.1:3000'")
  check('allowHosts', isTexts, "a list of names or addresses such as ['*.staging.example.com']")
  check('maxErrorRate', isShare, 'a share from 0 to 1 such as 0.01')
  check('inconclusive', (value) => value === 'fail' || value === 'skip', "'fail' or 'skip'")
  check('outputDir', isText, "a path such as '.vitest/vitest-load'")
}

const isText = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText)
const isTextOrTexts = (value: unknown): boolean =>
  Array.isArray(value) ? value.length > 0 && isTexts(value) : isText(value)
const isProjectName = (value: unknown): boolean => isText(value) && !/[*!]/.test(value as string)
const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1
const isHttpUrl = (value: unknown): boolean =>
  typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value
}
