// Hits, misses, ends of life, and what happens to a value that changes while it is being loaded.
import { beforeEach, describe, expect, it } from 'vitest'
import { Cache } from '../src/cache.ts'

let clock: number
let loads: string[]
let cache: Cache<string>

beforeEach(() => {
  clock = 0
  loads = []
  cache = new Cache({ capacity: 2, lifetime: 100, now: () => clock })
})

function get(key: string, value = key): Promise<string> {
  return cache.get(key, async () => {
    loads.push(key)
    return value
  })
}

const counts = () => ({ hits: cache.hits, misses: cache.misses, size: cache.size })

describe('Cache', () => {
  it('asks once, and counts hits and misses', async () => {
    expect([await get('a'), await get('a', 'other'), await get('a')]).toEqual(['a', 'a', 'a'])
    expect(counts()).toEqual({ hits: 2, misses: 1, size: 1 })
  })

  it('asks again when the time of a value is over', async () => {
    await get('a')
    clock = 99
    await get('a')
    clock = 100
    expect(await get('a', 'new')).toBe('new')
    expect(loads).toEqual(['a', 'a'])
  })

  it('lets go what was not used for longest', async () => {
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key)
    expect(loads).toEqual(['a', 'b', 'c', 'b'])
    expect(cache.size).toBe(2)
  })

  it('asks once for all who ask at the same time', async () => {
    expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual(['a', 'a', 'a'])
    expect(loads).toEqual(['a'])
    expect(counts()).toEqual({ hits: 2, misses: 1, size: 1 })
  })

  it('keeps no failure', async () => {
    const failing = () => Promise.reject(new Error('no database'))
    await expect(cache.get('a', failing)).rejects.toThrow('no database')
    expect(await get('a')).toBe('a')
  })

  it.each(['forget', 'clear'] as const)(
    '%s: gives a value that was being loaded to nobody who asks later',
    async (how) => {
      let finish = (_value: string) => {}
      const early = cache.get('a', () => new Promise((resolve) => (finish = resolve)))
      cache[how]('a')
      const late = get('a', 'new')
      finish('old')
      expect([await early, await late, await get('a')]).toEqual(['old', 'new', 'new'])
    },
  )
})
