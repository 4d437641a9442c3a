// A probe that asks Redis how it fares, through the user's own client.
import { performance } from 'node:perf_hooks'
import type { ProbeReading, ProbeSource, Quantity } from '../core/probe.ts'
import { Problems } from '../core/problems.ts'
import { increase } from './counter-rate.ts'

/** What is needed of a client: ioredis and node-redis have it. */
export interface RedisClient {
  /** The answer to `INFO`. */
  info(): Promise<string>
}

const counters = { hits: 'keyspace_hits', misses: 'keyspace_misses', evictions: 'evicted_keys' } as const
const levels = {
  memory: { field: 'used_memory', unit: 'bytes' },
  clients: { field: 'connected_clients', unit: 'count' },
} as const

interface Info {
  /** ms on any clock */
  readonly at: number
  readonly fields: ReadonlyMap<string, number>
}

/**
 * A probe for `load(target, { probes: { redis: redis(client) } })`: `'redis.hits'`, `'redis.misses'` and
 * `'redis.evictions'` per second, `'redis.memory'` in bytes, `'redis.clients'`. It sends `INFO` once a second.
 *
 * @throws LoadTestError `invalid-options` when the client has no `info()`
 */
export function redis(client: RedisClient): ProbeSource {
  if (typeof client?.info !== 'function') {
    const problems = new Problems('redis()')
    problems.expected('client', 'a connected client with info() such as that of ioredis or node-redis', client)
    problems.throwIfAny()
  }
  return Object.freeze({
    open() {
      let before: Info | undefined
      return async () => {
        const now = { fields: parseInfo(String(await client.info())), at: performance.now() }
        const reading = readInfo(before, now)
        before = now
        return reading
      }
    },
  })
}

/** The numbers among the lines `field:value` of an answer to `INFO`. */
export function parseInfo(text: string): ReadonlyMap<string, number> {
  const fields = text.split(/\r?\n/).flatMap((line) => {
    const [, field, value] = /^([a-z_]\w*):(-?\d+(?:\.\d+)?)$/.exec(line.trim()) ?? []
    return field === undefined ? [] : [[field, Number(value)] as const]
  })
  return new Map(fields)
}

/** Rates need a reading before. */
export function readInfo(before: Info | undefined, now: Info): ProbeReading {
  const values: Record<string, Quantity> = {}
  const absent: string[] = []
  for (const [name, field] of Object.entries(counters)) {
    const value = now.fields.get(field)
    const known = before?.fields.get(field)
    if (before && known !== undefined && value !== undefined && now.at > before.at) {
      const counted = increase(known, value)
      values[name] = { value: (counted * 1000) / (now.at - before.at), unit: 'per second' }
    } else absent.push(name)
  }
  for (const [name, { field, unit }] of Object.entries(levels)) {
    const value = now.fields.get(field)
    if (value === undefined) absent.push(name)
    else values[name] = { value, unit }
  }
  if (!now.fields.has(levels.memory.field) && !now.fields.has(counters.hits)) {
    throw new Error('info() gave nothing that Redis says of itself')
  }
  return { values, absent }
}
