// load() where there is nobody to load, or nobody who can be trusted: refused by every executor before a request is sent.
import { performance } from 'node:perf_hooks'
import { describe, it } from 'vitest'
import { isBalanced } from '../../src/core/iterations.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { judge } from '../../src/core/verdict.ts'
import { load } from '../../src/engine/load.ts'
import { startHostile, startServer } from '../support/hostile-servers/index.ts'

const everyWay: readonly LoadOptions[] = [
  { rate: 100, duration: 300, warmup: 0 },
  { vus: 4, duration: 300, warmup: 0 },
  { connections: 4, duration: 300, warmup: 0 },
]

describe.concurrent.each(everyWay)('%o', (options) => {
  it('is refused within 2 s where nobody listens', async ({ expect }) => {
    const gone = await startServer(() => {})
    await gone.stop()
    const began = performance.now()
    await expect(load(gone.url, options)).rejects.toMatchObject({ code: 'nothing-listens' })
    expect(performance.now() - began).toBeLessThan(2000)
  })

  it('is refused where a name does not resolve', async ({ expect }) => {
    await expect(load('http://no-such-host.invalid/', options)).rejects.toMatchObject({
      code: 'nothing-listens',
      message: expect.stringMatching(/the name 'no-such-host\.invalid' of .* does not resolve/),
    })
  })

  it('is refused where nobody vouches for the certificate', async ({ expect }) => {
    const server = await startHostile('healthy', { tls: true })
    await expect(load(server.url, options)).rejects.toMatchObject({
      code: 'tls-not-verified',
      message: expect.stringMatching(/DEPTH_ZERO_SELF_SIGNED_CERT.*NODE_EXTRA_CA_CERTS.*insecure: true/),
    })
    expect((await server.log()).requests).toBe(0)
    await server.stop()
  })

  it('is sent there all the same with insecure: true, which the run says once', async ({ expect }) => {
    const server = await startHostile('healthy', { tls: true, delay: 5 })
    const run = await load(server.url, { ...options, insecure: true })
    const log = await server.log()
    expect(isBalanced(run.iterations)).toBe(true)
    expect(run.iterations).toMatchObject({ ok: log.answered, scheduled: log.requests, failed: 0 })
    expect(run.iterations.ok).toBeGreaterThan(0)
    expect(judge(run, { metric: 'errorRate', relation: 'at most', value: 0.01 }).status).toBe('pass')
    expect(run.warnings.filter((text) => /insecure/.test(text))).toEqual([
      'TLS certificates were not verified (insecure: true): whoever answered may not be who was meant to be loaded',
    ])
    await server.stop()
  })

  it('says nothing of certificates where there are none', async ({ expect }) => {
    const server = await startHostile('healthy', { delay: 5 })
    const run = await load(server.url, { ...options, insecure: true })
    expect(run.warnings.filter((text) => /insecure/.test(text))).toEqual([])
    await server.stop()
  })
})
