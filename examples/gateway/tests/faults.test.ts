// Faults are off unless they are named; each does what it is there for.
import Fastify from 'fastify'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { HoardingCache } from '../src/faults/cache.ts'
import { withBlockingHash } from '../src/faults/hash.ts'
import { listenForever } from '../src/faults/listeners.ts'
import { renderRows } from '../src/faults/template.ts'
import { renderStartPage } from '../src/page/templates.ts'
import type { SessionStore } from '../src/stores/session-store.ts'

const databaseUrl = 'postgres://gateway:secret@127.0.0.1:5432/gateway'
const faultsOf = (GATEWAY_FAULTS: string) => [...readConfig({ DATABASE_URL: databaseUrl, GATEWAY_FAULTS }).faults]

describe('GATEWAY_FAULTS', () => {
  it('names some, or none', () => {
    expect(readConfig({ DATABASE_URL: databaseUrl }).faults.size).toBe(0)
    expect(faultsOf('')).toEqual([])
    expect(faultsOf('pool')).toEqual(['pool'])
    expect(faultsOf('template, hash,cache,listeners,pool,pool')).toEqual([
      'template',
      'hash',
      'cache',
      'listeners',
      'pool',
    ])
  })

  it('says which name there is no fault of, beside other mistakes', () => {
    expect(() => readConfig({ DATABASE_URL: databaseUrl, PORT: 'x', GATEWAY_FAULTS: 'pool,leak,Hash' })).toThrow(
      [
        "PORT: expected a whole number from 0 to 65535, got 'x'",
        "GATEWAY_FAULTS: expected some of template, hash, cache, listeners, pool, got 'leak'",
        "GATEWAY_FAULTS: expected some of template, hash, cache, listeners, pool, got 'Hash'",
      ].join('\n'),
    )
  })
})

describe('the faults', () => {
  it('template: the start page ends with a table of shapes and their sizes', () => {
    const page = renderStartPage([], renderRows())
    expect(page).toContain('<tr><td>1:1</td><td>768</td></tr>')
    expect(page).toContain('<tr><td>4:3</td><td>192</td></tr>')
    expect(page).not.toContain('2:2')
    expect(renderStartPage([])).not.toContain('<table>')
  })

  it('hash: sessions are opened all the same', async () => {
    const opened: number[] = []
    const open = () => Promise.resolve(opened.push(opened.length))
    const sessions = withBlockingHash({ open } as unknown as SessionStore)
    for (let n = 0; n < 20; n++) await sessions.open()
    expect(opened).toHaveLength(20)
  })

  it('cache: answers as it does without the fault, and counts as that', async () => {
    const cache = new HoardingCache<string>({ capacity: 1, lifetime: 1000, now: () => 0 })
    const answers = [await cache.get('a', async () => 'first'), await cache.get('a', async () => 'second')]
    expect(answers).toEqual(['first', 'first'])
    expect({ hits: cache.hits, misses: cache.misses, size: cache.size }).toEqual({ hits: 1, misses: 1, size: 1 })
  })
  it('listeners: there is one more after each request', async () => {
    const app = Fastify()
    listenForever(app)
    app.get('/', async () => 'ok')
    await app.ready()
    const before = app.server.listenerCount('close')
    for (let n = 0; n < 20; n++) expect((await app.inject('/')).statusCode).toBe(200)
    expect(app.server.listenerCount('close')).toBe(before + 20)
    await app.close()
  })
})
