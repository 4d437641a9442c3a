// Which processes belong to the one that was started.
import type { ProcessTable } from './process-table.ts'

/**
 * Pids of the processes in `roots` that still run, of all their descendants, and of what was orphaned in their
 * sessions (every server is started as the leader of its own). On Windows, where the table is empty, none but the
 * roots are known: children are neither measured nor signalled there, only ended, by `taskkill /T`.
 */
export function processTree(table: ProcessTable, roots: readonly number[]): number[] {
  if (table.size === 0) return [...roots]
  const tree = new Set<number>()
  const children = new Map<number, number[]>()
  for (const { pid, ppid } of table.values()) {
    const siblings = children.get(ppid)
    if (siblings) siblings.push(pid)
    else children.set(ppid, [pid])
  }
  const visit = (pid: number): void => {
    if (tree.has(pid)) return
    if (table.has(pid)) tree.add(pid)
    for (const child of children.get(pid) ?? []) visit(child)
  }
  roots.forEach(visit)
  for (const row of table.values()) if (roots.includes(row.session)) visit(row.pid)
  return [...tree]
}
