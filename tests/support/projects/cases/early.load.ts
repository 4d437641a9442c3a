// Cases that end before they send anything.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Run, serve } from 'vitest-load'

describe('without its server', () => {
  beforeAll(async () => {
    await serve(['node', '-e', 'process.exit(3)'], { ready: '/health' })
  })

  it('is not run', () => {})
})

it('has nobody to talk to', async () => {
  await load('http://127.0.0.1:9/', { vus: 1, duration: 100 })
})

it('asks for what is not allowed', async () => {
  await expect(load('http://192.0.2.1/', { vus: 1, duration: 100 })).toHaveNoErrors()
})

it('judges something else', () => {
  expect({} as Run).toHaveP95Below(5)
})
