// Whether a process is still there: one that has ended counts as gone, also while nobody has read its exit code.
import { readFileSync } from 'node:fs'

export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in parentheses and may hold anything; the state follows it (proc(5)).
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z'
  } catch {
    return false
  }
}
