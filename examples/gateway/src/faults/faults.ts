// The faults that the gateway has on request, so that a load test can show how it finds them.

export const faultNames = ['template', 'hash', 'cache', 'listeners', 'pool'] as const

export type Fault = (typeof faultNames)[number]

/** Names with commas between them; undefined or nothing: no fault. Adds a problem for each name that there is none of. */
export function readFaults(text: string | undefined, problems: string[]): ReadonlySet<Fault> {
  const given = (text ?? '').split(',').map((name) => name.trim())
  const asked = given.filter((name) => name !== '')
  for (const name of asked) {
    if (!isFault(name)) problems.push(`GATEWAY_FAULTS: expected some of ${faultNames.join(', ')}, got '${name}'`)
  }
  return new Set(asked.filter(isFault))
}

function isFault(name: string): name is Fault {
  return faultNames.some((known) => known === name)
}
