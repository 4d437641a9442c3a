// What holds for all runs of a project: options of the plugin and of the environment.

export interface Settings {
  /** Joined to targets that are a path alone. */
  readonly baseUrl?: string
  /** Hosts beyond loopback that load may go to: names or addresses, `'*.staging.example.com'`. */
  readonly allowHosts: readonly string[]
  /** The error rate (0 to 1) that every judged run may have at most unless a limit of its own says otherwise. */
  readonly maxErrorRate: number
  /** What a test does whose numbers cannot be judged. */
  readonly inconclusive: 'fail' | 'skip'
  /** Where reports go, and what is kept beside them: relative to the working directory, or absolute. */
  readonly outputDir: string
}

export const defaultSettings: Settings = Object.freeze({
  allowHosts: [],
  maxErrorRate: 0.01,
  inconclusive: 'fail',
  outputDir: '.vitest/vitest-load',
})

/** Environment variables win over the config, hosts of both are allowed. */
export function readSettings(given: Partial<Settings>, env: Readonly<Record<string, string | undefined>>): Settings {
  const baseUrl = env.VITEST_LOAD_BASE_URL || given.baseUrl
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  const listed = (env.VITEST_LOAD_ALLOW_HOSTS ?? '').split(',').map((host) => host.trim())
  return {
    ...defaultSettings,
    ...Object.fromEntries(set),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    allowHosts: [...(given.allowHosts ?? []), ...listed.filter((host) => host !== '')],
  }
}
