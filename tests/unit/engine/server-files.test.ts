// Files that may hold secrets: kept where they belong, or gone.
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { makeGuardedDirectory, removeGuardedDirectory } from '../../../src/engine/guarded-directory.ts'
import { dropFiles, fileName, keepFiles, shownPath } from '../../../src/engine/server-files.ts'

let directory: string
let kept: string

beforeEach(() => {
  directory = makeGuardedDirectory('test')
  kept = mkdtempSync(join(tmpdir(), 'vitest-load-kept-'))
})

afterEach(() => {
  removeGuardedDirectory(directory)
  rmSync(kept, { recursive: true, force: true })
})

function put(name: string) {
  const path = join(directory, name)
  writeFileSync(path, name, { mode: 0o600 })
  return { path, keptAs: join(kept, 'profiles', name) }
}

it('that are kept are for their owner alone, and nothing is left where they were', () => {
  const files = ['a', 'b'].map((run) =>
    put(fileName({ run, server: 'app', pid: 7, id: '1a2b3c4d-5e6f' }, 'cpuprofile')),
  )
  expect(statSync(directory).mode & 0o077).toBe(0)
  keepFiles(files)
  expect(readdirSync(join(kept, 'profiles'))).toEqual(['a-app-7-1a2b3c4d.cpuprofile', 'b-app-7-1a2b3c4d.cpuprofile'])
  expect(files.map(({ keptAs }) => statSync(keptAs).mode & 0o077)).toEqual([0, 0])
  expect(existsSync(directory)).toBe(false)
})

it('that are dropped are gone, with their directory', () => {
  const [first, second] = [put('first'), put('second')]
  dropFiles([first])
  expect(readdirSync(directory)).toEqual(['second'])
  dropFiles([second])
  dropFiles([second])
  expect(existsSync(directory)).toBe(false)
})

it('are forgotten when there are many, the oldest first, and nothing else is touched', () => {
  const name = (number: number) => `get-app-${(0x10000000 + number).toString(16)}.cpuprofile`
  keepFiles([put('of-somebody-else.txt'), put(name(0))])
  utimesSync(join(kept, 'profiles', name(0)), 1, 1)
  directory = makeGuardedDirectory('test')
  keepFiles(Array.from({ length: 60 }, (_, index) => put(name(index + 1))))
  const left = readdirSync(join(kept, 'profiles'))
  expect(left).toHaveLength(61)
  expect(left).toContain('of-somebody-else.txt')
  expect(left).not.toContain(name(0))
})

it('have names that a person can read, and paths as short as they can be', () => {
  const named = fileName(
    { run: 'POST /api/sessions (2)', server: 'node "a b".js', pid: 42, id: 'abcdefgh-1' },
    'heapprofile',
  )
  expect(named).toBe('post-api-sessions-2-node-a-b-js-42-abcdefgh.heapprofile')
  const long = (pid: number) => fileName({ run: 'x'.repeat(200), server: 'y'.repeat(200), pid, id: '12345678' }, 'a')
  expect(long(4711).length).toBeLessThan(100)
  expect(long(4711)).not.toBe(long(4712))
  expect(shownPath(join(process.cwd(), '.vitest', 'a'))).toBe('.vitest/a')
  expect(shownPath('/elsewhere/a')).toBe('/elsewhere/a')
})

it('that cannot be kept are dropped, and nothing is lost for it', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const { path } = put('a.cpuprofile')
  const occupied = join(kept, 'occupied')
  writeFileSync(occupied, '')
  expect(keepFiles([{ path, keptAs: join(occupied, 'profiles', 'a.cpuprofile') }])).toBe(false)
  expect(existsSync(path)).toBe(false)
  expect(String(warned.mock.calls[0]?.[0])).toContain('could not be kept: ENOTDIR')
  warned.mockRestore()
})
