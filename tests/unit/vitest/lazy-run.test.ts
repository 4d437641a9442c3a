// A run that starts when it is waited for, and once only.
import { expect, it } from 'vitest'
import { LazyRun } from '../../../src/vitest/lazy-run.ts'
import { buildRun } from '../../support/run-builder.ts'

function counted(result: () => Promise<ReturnType<typeof buildRun>> = async () => buildRun()) {
  const calls: LazyRun[] = []
  const lazy = new LazyRun({
    name: 'GET /',
    site: '    at here',
    carryOut: (run) => {
      calls.push(run)
      return result()
    },
  })
  return { lazy, calls }
}

it('does not start by itself', () => {
  const { lazy, calls } = counted()
  expect({ started: lazy.started, calls, name: lazy.name, site: lazy.site }).toEqual({
    started: false,
    calls: [],
    name: 'GET /',
    site: '    at here',
  })
})

it('starts when it is awaited, and knows itself', async () => {
  const { lazy, calls } = counted()
  const run = await lazy
  expect(run.name).toBe('GET /')
  expect(lazy.started).toBe(true)
  expect(calls).toEqual([lazy])
})

it('is the same run however often it is awaited', async () => {
  const { lazy, calls } = counted()
  const [first, second] = await Promise.all([lazy, lazy])
  expect(await lazy).toBe(first)
  expect(second).toBe(first)
  expect(calls).toHaveLength(1)
})

it('is a promise in full', async () => {
  const { lazy, calls } = counted()
  let settled = 0
  expect((await lazy.finally(() => settled++)).name).toBe('GET /')
  const broken = counted(() => Promise.reject(new Error('nothing listens'))).lazy
  expect(await broken.catch((error: unknown) => (error as Error).message)).toBe('nothing listens')
  await expect(broken.finally(() => settled++)).rejects.toThrow('nothing listens')
  expect({ settled, calls: calls.length }).toEqual({ settled: 2, calls: 1 })
})

it('fails for everybody who waits', async () => {
  const { lazy, calls } = counted(() => Promise.reject(new Error('nothing listens')))
  await expect(lazy).rejects.toThrow('nothing listens')
  await expect(lazy.then(() => 'not here')).rejects.toThrow('nothing listens')
  expect(calls).toHaveLength(1)
})
