// Limits that a slow server misses, and what is kept of it.
import { beforeAll, describe, expect, it } from 'vitest'
import { load, type Server, serve } from 'vitest-load'

let app: Server

beforeAll(async () => {
  app = await serve('node ../../servers/serve-slow.ts', { name: 'app' })
})

describe('a busy server', () => {
  it('misses its time', async () => {
    expect(await load(`${app.url}/template`, { vus: 8, duration: 1500 })).toHaveCpuBelow(1)
  })

  it('meets its time', async () => {
    expect(await load(`${app.url}/template`, { vus: 2, duration: 1000 })).toHaveP95Below('10s')
  })

  it('is profiled when asked', async () => {
    expect(await load(`${app.url}/plain`, { vus: 2, duration: 1000, profile: 'always' })).toHaveP95Below('10s')
  })

  it('is not profiled when not wanted', async () => {
    expect(await load(`${app.url}/template`, { vus: 2, duration: 1000, profile: 'off' })).toHaveCpuBelow(1)
  })

  it('holds too much', async () => {
    const held = `${app.url}/hold`
    expect(await load(held, { vus: 2, duration: 1500, allocations: 'on-failure' })).toHaveMemoryBelow('1MB')
  })

  it('is not asked about leaks', async () => {
    expect(await load(`${app.url}/plain`, { vus: 2, duration: 1000 })).toHaveNoMemoryLeak()
  })
})
