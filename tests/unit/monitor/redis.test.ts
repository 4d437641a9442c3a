// What Redis says of itself, as its documentation shows INFO.
import { describe, expect, it } from 'vitest'
import { parseInfo, readInfo, redis } from '../../../src/monitor/redis.ts'

const info = ({ hits = 10, misses = 5, evicted = 0, memory = 871_520, clients = 3 }) =>
  [
    '# Server',
    'redis_version:7.2.4',
    'os:Linux 6.1.0 x86_64',
    '',
    '# Clients',
    `connected_clients:${clients}`,
    '',
    '# Memory',
    `used_memory:${memory}`,
    'used_memory_human:851.09K',
    'mem_fragmentation_ratio:9.21',
    '',
    '# Stats',
    `keyspace_hits:${hits}`,
    `keyspace_misses:${misses}`,
    `evicted_keys:${evicted}`,
    '',
    '# Keyspace',
    'db0:keys=12,expires=0,avg_ttl=0',
    '',
  ].join('\r\n')

const at = (time: number, text: string) => ({ at: time, fields: parseInfo(text) })

describe('the answer to INFO', () => {
  it('is read by its fields that are numbers', () => {
    const fields = parseInfo(info({}))
    expect(fields.get('used_memory')).toBe(871_520)
    expect(fields.get('mem_fragmentation_ratio')).toBe(9.21)
    expect([fields.has('os'), fields.has('used_memory_human'), fields.has('db0')]).toEqual([false, false, false])
  })

  it('gives rates between two, and levels as they are', () => {
    const now = at(2500, info({ hits: 60, misses: 8, evicted: 1, memory: 9e5, clients: 4 }))
    expect(readInfo(at(500, info({})), now)).toEqual({
      values: {
        hits: { value: 25, unit: 'per second' },
        misses: { value: 1.5, unit: 'per second' },
        evictions: { value: 0.5, unit: 'per second' },
        memory: { value: 9e5, unit: 'bytes' },
        clients: { value: 4, unit: 'count' },
      },
      absent: [],
    })
  })

  it('after a restart counts from 0', () => {
    const { values } = readInfo(at(0, info({ hits: 1000 })), at(1000, info({ hits: 7 })))
    expect(values.hits?.value).toBe(7)
  })

  it('gives no rate that it cannot know', () => {
    const { values, absent } = readInfo(undefined, at(0, info({})))
    expect(Object.keys(values)).toEqual(['memory', 'clients'])
    expect(absent).toEqual(['hits', 'misses', 'evictions'])
    expect(readInfo(at(0, 'used_memory:5'), at(1000, info({}))).values.hits).toBeUndefined()
  })

  it('that is none is an error', () => {
    expect(() => readInfo(undefined, at(0, 'NOAUTH Authentication required.'))).toThrow('nothing that Redis says')
  })
})

describe('redis()', () => {
  it('asks the client, and remembers nothing of an earlier run', async () => {
    let asked = 0
    const source = redis({ info: async () => info({ hits: 100 * ++asked }) })
    const [first, second] = [source.open(), source.open()]
    const { signal } = new AbortController()
    expect((await first(signal)).values.hits).toBeUndefined()
    expect((await first(signal)).values.hits?.value).toBeGreaterThan(0)
    expect((await second(signal)).values.hits).toBeUndefined()
  })

  it('wants a client', () => {
    expect(() => redis({} as never)).toThrow(
      'redis(): 1 option is wrong\n  client: expected a connected client with info()',
    )
    expect(() => redis(undefined as never)).toThrow('client: expected')
  })
})
