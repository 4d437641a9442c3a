// The program that outlives a killed test process for a moment, to end the servers it left behind. Imports nothing but
// `node:` modules and siblings that do the same.
import { rmSync } from 'node:fs'
import type { ReaperLine } from './reaper.ts'
import { endTree, type TreeRoot } from './tree-end.ts'

const grace = 500
const guarded = new Map<number, TreeRoot>()
const directories = new Set<string>()

// Whatever ends the test run may signal this program too; it ends when its work is done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

let rest = ''
try {
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const line of lines) note(JSON.parse(line))
  }
} catch {
  // A broken pipe means the same as its end.
}
await Promise.all([...guarded.values()].map((root) => endTree(root, grace)))
for (const directory of directories) remove(directory)
process.exit()

function note(line: ReaperLine): void {
  if ('guard' in line) guarded.set(line.guard.pid, line.guard)
  else if ('release' in line) guarded.delete(line.release)
  else if ('guardDirectory' in line) directories.add(line.guardDirectory)
  else directories.delete(line.releaseDirectory)
}

function remove(directory: string): void {
  try {
    rmSync(directory, { recursive: true, force: true })
  } catch {
    // Whoever holds it open will have to remove it; the next one still can be.
  }
}
