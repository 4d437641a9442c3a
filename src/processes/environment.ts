// The environment a server under test is started with: that of production, not that of a test.

// What Vitest 5 writes into the environment of its workers, over whatever the user had there.
const vitestKeys = ['TEST', 'MODE', 'DEV', 'PROD', 'SSR', 'BASE_URL', 'FORCE_TTY']

/** `own` wins over everything; an entry that is undefined there removes the variable. */
export function serverEnvironment(
  port: number,
  own: Readonly<Record<string, string | undefined>> = {},
  inherited: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string | undefined> {
  return { ...withoutVitest(inherited), NODE_ENV: 'production', PORT: String(port), ...own }
}

function withoutVitest(environment: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  if (environment.VITEST === undefined) return { ...environment }
  const kept = Object.entries(environment).filter(([key]) => !key.startsWith('VITEST') && !vitestKeys.includes(key))
  return Object.fromEntries(kept)
}
