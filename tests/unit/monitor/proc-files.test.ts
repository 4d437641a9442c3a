// What the texts say in which Linux tells of a process, and what is told of it where a text is missing.
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { endianness, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openProcFiles, pageSizeIn, parseIo, residentBytes, untoldDisk } from '../../../src/monitor/proc-files.ts'
import { parseStat } from '../../../src/processes/process-table.ts'

/** Fields 3 to 24 of a real line, with numbers that tell which is which. */
const statLine = (name: string, state = 'S') =>
  `4711 (${name}) ${state} 40 41 42 0 -1 4194304 9991 9992 9993 9994 150 25 300 40 20 0 11 0 123456 999999 888 1\n`

describe('a stat line', () => {
  it.each(['node', 'my server', 'odd) name (', '((a b))', ') R 1 1'])('of %j is read from behind its name', (name) => {
    expect(parseStat(statLine(name))).toEqual({
      ...{ pid: 4711, ppid: 40, group: 41, session: 42, startTime: 123_456 },
      ...{ spent: 1750, reaped: 3400, threads: 11 },
    })
  })

  it.each(['Z', 'X'])('in the state %s is of a process that ended', (state) => {
    expect(parseStat(statLine('node', state))).toBeUndefined()
  })
})

it('reads the bytes that went to disks, not those that were written to files and pipes', () => {
  const text = 'rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 5\n'
  expect(parseIo(text)).toEqual({ diskRead: 4096, diskWrite: 8192 })
})

it('says that disk use is not told where the kernel counts none', () => {
  expect(parseIo('rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\n')).toEqual({ unseen: untoldDisk })
})

it.each([4, 8])('finds the size of a page among pairs of words of %d bytes', (word) => {
  const auxv = Buffer.alloc(8 * word)
  const write = (value: number, index: number) =>
    endianness() === 'LE'
      ? auxv.writeUIntLE(value, index * word, 4)
      : auxv.writeUIntBE(value, (index + 1) * word - 4, 4)
  ;[33, 6, 6, 16_384, 17, 100, 0, 0].forEach(write)
  expect(pageSizeIn(auxv, word)).toBe(16_384)
  expect(pageSizeIn(auxv.subarray(0, 2 * word), word)).toBeUndefined()
})

describe('the files of a process', () => {
  let root: string
  const put = (name: string, text: string) => writeFileSync(join(root, '4711', name), text)

  const thread = (tid: number, ms: number) => {
    mkdirSync(join(root, '4711', 'task', String(tid)), { recursive: true })
    put(`task/${tid}/schedstat`, `${ms * 1e6} 42 7\n`)
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'proc-'))
    mkdirSync(join(root, '4711', 'fd'), { recursive: true })
    put('stat', statLine('a (b'))
    put('statm', '900 25 10 1 0 2 0\n')
    thread(4711, 1700)
    thread(4712, 20)
  })

  afterEach(() => rmSync(root, { recursive: true, force: true }))

  it('give a reading, without what is not told, and the reason', () => {
    const files = openProcFiles(4711, root)
    const reading = files?.read()
    files?.close()
    expect(reading).toMatchObject({
      ctime: 1750,
      reaped: 3400,
      threads: 11,
      memory: residentBytes('900 25'),
      startTime: 123_456,
    })
    expect(reading).toMatchObject({ diskRead: undefined, diskWrite: undefined, unseen: [untoldDisk] })
  })

  it('give what they say now, and nothing of one that waits to be noticed', () => {
    put('io', 'read_bytes: 1\nwrite_bytes: 2\n')
    const files = openProcFiles(4711, root)
    expect(files?.read()).toMatchObject({ diskRead: 1, diskWrite: 2, unseen: [] })
    put('io', 'read_bytes: 3\nwrite_bytes: 4\n')
    // One ends, one begins: what they had is known by what is told in steps alone, and what it had at once.
    thread(4711, 1703.5)
    rmSync(join(root, '4711', 'task', '4712'), { recursive: true })
    thread(4713, 4)
    expect(files?.read()).toMatchObject({ ctime: 1757.5, diskRead: 3, diskWrite: 4 })
    put('statm', '0 0 0 0 0 0 0\n')
    expect(files?.read()).toBeUndefined()
    files?.close()
  })

  it('are closed when nobody reads them any more', () => {
    put('io', 'read_bytes: 1\nwrite_bytes: 2\n')
    const held = () => openBelow(root)
    const files = openProcFiles(4711, root)
    files?.read()
    expect(held()).toBe(process.platform === 'linux' ? 3 : 0)
    files?.close()
    expect(held()).toBe(0)
  })

  it('are none without a process', () => {
    expect(openProcFiles(4712, root)).toBeUndefined()
  })
})

/** How many files below a folder this process has open. */
function openBelow(folder: string): number {
  return openFiles().filter((path) => path.startsWith(folder)).length
}

function openFiles(): string[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)]
    } catch {
      return []
    }
  })
}
