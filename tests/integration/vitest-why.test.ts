// What a missed limit says of the server, and which files are kept of it: a real Vitest run.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ProjectOutcome, ProjectRun } from '../support/projects/run-project.ts'

const run = new ProjectRun('cases', ['run', '--project', 'load', 'why'])
const profiles = join(run.directory, 'profiles')
let outcome: ProjectOutcome

beforeAll(async () => {
  outcome = await run.outcome()
}, 120_000)

afterAll(() => run[Symbol.asyncDispose]())

it('names the function that took the time, with its line, and where the profile lies', () => {
  const { status, messages, runs } = outcome.test('misses its time')
  expect(status).toBe('failed')
  const [message = ''] = messages
  expect(message).toMatch(/\n {2}why: event loop \d+ % busy · gc (< )?\d+ %/)
  expect(message).toMatch(/\n {7}renderRows {2,}\S*servers\/serve-slow\.ts:\d+/)
  const [, kept = ''] = /profile: (\S+) \(opens in Chrome DevTools; it may hold secrets\)/.exec(message) ?? []
  expect(kept).toMatch(/\/profiles\/get-template-app-\d+-\w+\.cpuprofile$/)
  expect(JSON.parse(readFileSync(kept, 'utf8'))).toMatchObject({ nodes: expect.any(Array) })
  expect(statSync(kept).mode & 0o077).toBe(0)
  expect(runs[0]?.why).toMatchObject([{ server: 'app', loop: 'busy', profile: kept }])
  expect(runs[0]?.why[0]?.hot[0]).toMatchObject({ name: 'renderRows' })
})

it('keeps no profile of what met its limits, unless asked', () => {
  expect(outcome.test('meets its time').runs[0]?.why[0]?.profile).toBeUndefined()
  expect(outcome.test('is profiled when asked').status).toBe('passed')
  expect(readdirSync(profiles).map((name) => name.replace(/-app-.*/, ''))).toEqual([
    'get-hold',
    'get-plain',
    'get-template',
  ])
})

it('takes none when it is not wanted', () => {
  const { status, messages, runs } = outcome.test('is not profiled when not wanted')
  expect(status).toBe('failed')
  expect(messages.join()).not.toContain('why:')
  expect(runs[0]?.why).toEqual([])
})

it('names who allocated what is left when it is too much', () => {
  const { messages, runs } = outcome.test('holds too much')
  expect(messages.join()).toMatch(
    /what the load left in the heap:\n +allocated in holdPages +\S*serve-slow\.ts:\d+ +\d+ %/,
  )
  expect(runs[0]?.allocations).toMatchObject([{ server: 'app' }])
  expect(runs[0]?.allocations?.[0]?.sites[0]).toMatchObject({ name: 'holdPages' })
  expect(readdirSync(join(run.directory, 'heaps'))).toEqual([expect.stringMatching(/^get-hold-app-.*\.heapprofile$/)])
})

it('is inconclusive about leaks that nobody looked for, and names the option', () => {
  const { messages } = outcome.test('is not asked about leaks')
  expect(messages.join()).toMatch(/inconclusive: memory leak .*\n.*load\(target, \{ leaks: true \}\)/)
})
