// Whether `--project` names a project, by Vitest's own rules: `*` is anything, case does not count, `!` excludes.

/** True only when a filter asks for the name; one that merely does not exclude it does not. */
export function asksFor(name: string, filters: string | readonly string[] | undefined): boolean {
  const listed = filters === undefined ? [] : [filters].flat()
  return listed.some((filter) => !filter.startsWith('!') && matches(filter, name))
}

function matches(filter: string, name: string): boolean {
  const parts = filter.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(name)
}
