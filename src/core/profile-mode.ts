// When the CPU profile of a server is kept.

/** Taken it is but with `off`; kept always, or when a limit on latency, throughput or CPU was not met. */
export type ProfileMode = 'always' | 'on-failure' | 'off'

export const profileModes: readonly ProfileMode[] = ['always', 'on-failure', 'off']
