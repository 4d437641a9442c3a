// When the CPU profile of a server is kept.

/** Taken it is but with `off`; kept always, or when a limit that it explains was not met. */
export type ProfileMode = 'always' | 'on-failure' | 'off'

export const profileModes: readonly ProfileMode[] = ['always', 'on-failure', 'off']
