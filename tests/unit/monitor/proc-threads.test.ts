// What is known of threads that come, go, and are too many.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openProcThreads } from '../../../src/monitor/proc-threads.ts'

let folder: string
const has = (thread: number, ms: number) => {
  mkdirSync(join(folder, 'task', String(thread)), { recursive: true })
  writeFileSync(join(folder, 'task', String(thread), 'schedstat'), `${ms * 1e6} 42 7\n`)
}
const ends = (thread: number) => rmSync(join(folder, 'task', String(thread)), { recursive: true })

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'threads-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('threads are followed from the first reading, new ones from their beginning', () => {
  has(100, 900)
  has(101, 50)
  const threads = openProcThreads(folder)
  expect([...threads.read()]).toEqual([
    ['100', 0],
    ['101', 0],
  ])
  has(100, 903)
  ends(101)
  has(102, 7)
  expect([...threads.read()]).toEqual([
    ['100', 3],
    ['102', 7],
  ])
})

it('one that was there and not read has nothing that is known to be new', () => {
  for (let thread = 100; thread < 166; thread++) has(thread, 1000)
  const threads = openProcThreads(folder)
  expect(threads.read().size).toBe(64)
  ends(100)
  const read = threads.read()
  expect([read.size, read.get('163'), read.get('164')]).toEqual([64, 0, 0])
})

it('none can be read of a process that has ended', () => {
  has(100, 1)
  const threads = openProcThreads(folder)
  threads.read()
  rmSync(join(folder, 'task'), { recursive: true })
  expect(threads.read().size).toBe(0)
})
