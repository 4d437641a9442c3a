// Makes a guarded directory with a file in it and removes it when no file descriptor is left; prints its path.
import { openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeGuardedDirectory, removeGuardedDirectory } from '../../src/engine/guarded-directory.ts'

const directory = makeGuardedDirectory('starved')
writeFileSync(join(directory, 'secrets'), 'of a server')
process.stdout.write(directory)
try {
  for (;;) openSync('/dev/null', 'r')
} catch {
  // None is left.
}
removeGuardedDirectory(directory)
