// Several servers of one command, started in a test and in a file, and what each of them had.
import { beforeAll, expect, it } from 'vitest'
import { load, type Servers, serve } from 'vitest-load'

let all: Servers
beforeAll(async () => {
  all = await serve('node ../server.js', { instances: 2, name: 'file', relay: true })
  console.log(`of the file: ${all.map(({ pid }) => pid).join(' ')}`)
})

it('has servers of its own', async () => {
  const own = await serve('node ../server.js', { instances: 2 })
  console.log(`of the test: ${own.map(({ pid }) => pid).join(' ')}`)
  expect(own.map(({ name }) => name)).toEqual(['a', 'b'])
})

it('judges each of them', async () => {
  const run = await load(
    all.urls.map((url) => `${url}/health`),
    { vus: 2, iterations: 400 },
  )
  for (const { name } of all) {
    expect(run.server(name)).toHaveNoErrors()
    expect(run.server(name)).toHaveP95Below(5000)
  }
  expect(all.every(({ exit }) => exit === undefined)).toBe(true)
})

it('misses the limit of one', async () => {
  const run = await load(
    all.urls.map((url) => `${url}/health`),
    { vus: 2, iterations: 400 },
  )
  expect(run.server('file-b')).toHaveP95Below(0.000_001)
})
