// Reads which processes a run is asked to watch beside those that serve() started.
import type { Problems } from './problems.ts'

/** Undefined when nothing was said. Whether they run is not known here. */
export function planMonitor(given: unknown, problems: Problems): readonly number[] | undefined {
  if (given === undefined) return undefined
  const pids = Array.isArray(given) ? given : [given]
  const wrong = pids.filter((pid) => !Number.isSafeInteger(pid) || pid < 1)
  if (wrong.length === 0) return [...new Set(pids)]
  const expected = 'pids, whole numbers above 0 such as 4711 or [4711, 4712], or [] for none'
  problems.expected('monitor', expected, wrong.length === pids.length ? given : wrong[0])
  return undefined
}
