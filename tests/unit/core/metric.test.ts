// The metric table: every row reads a run, and nothing unknown is ever a number.
import { describe, expect, it } from 'vitest'
import { formatValue, metricKeys, metrics, percentile, perUser } from '../../../src/core/metric.ts'
import { type Asked, Run } from '../../../src/core/run.ts'
import { seriesMetric } from '../../../src/core/series-metric.ts'
import { Timeline } from '../../../src/core/timeline.ts'
import { buildRun, buildRunData, buildServer } from '../../support/run-builder.ts'

const busy = { loopDelay: [3, 30], handles: [120, 100], diskRead: [0, 100], diskWrite: [100, 200] }
const full = buildRun({
  ok: [1, 2],
  failed: 1,
  dropped: 0,
  duration: 1000,
  asked: { rate: 4 },
  checks: [{ name: 'a', passed: 3, failed: 1 }],
  bytes: { sent: 1200, received: 3400 },
  servers: [
    buildServer({ ...busy, cpu: [40, 60], memory: [1e8, 2e8], heapUsed: [1e7, 2e7], gcPause: [2, 8] }),
    buildServer({ ...busy, name: 'b', cpu: [30], memory: [3e8], heapUsed: [1e6], gcPause: [1] }),
  ],
})

describe('metrics', () => {
  it('read a run', () => {
    const read = Object.fromEntries(metricKeys.map((key) => [key, metrics[key].read(full).bounds]))
    const exactly = (value: number) => ({ lower: value, upper: value })
    expect(read).toEqual({
      p50: exactly(1),
      p75: exactly(2),
      p90: exactly(2),
      p95: exactly(2),
      p99: exactly(2),
      p999: exactly(2),
      mean: exactly(1.5),
      max: exactly(2),
      errorRate: exactly(1 / 3),
      throughput: exactly(2),
      rate: exactly(2),
      dropped: exactly(0),
      checks: exactly(0.75),
      cpu: exactly(50),
      memory: exactly(3e8),
      heap: exactly(2e7),
      loopDelay: exactly(30),
      gcPause: exactly(8),
      handles: exactly(120),
      diskRead: exactly(50),
      diskWrite: exactly(150),
      sent: exactly(1200),
      received: exactly(3400),
      memoryGrowth: exactly(Number.NaN),
      memoryLeak: exactly(Number.NaN),
    })
  })

  it('read for each user of a closed run, also of a stage, and not of an open one', () => {
    const servers = [buildServer({ memory: [1e8, 3e8], handles: [10, 50] })]
    const perVU = (asked: Asked) => perUser(metrics.memory).read(buildRun({ ok: [1], servers, asked }))
    expect(perVU({ vus: 10 }).bounds).toEqual({ lower: 3e7, upper: 3e7 })
    expect(perVU({ connections: 100 }).bounds).toEqual({ lower: 3e6, upper: 3e6 })
    expect(perVU({ rate: 10 })).toMatchObject({
      bounds: { lower: Number.NaN },
      doubt: expect.stringContaining('open run'),
    })
    expect(perUser(metrics.handles).label).toBe('open handles per VU')
    const even = buildRun({ ok: [1], servers: [buildServer({ handles: [98] })], asked: { vus: 49 } })
    expect(perUser(metrics.handles).read(even).bounds).toEqual({ lower: 2, upper: 2 })
    const growing = [buildServer({ memory: Array.from({ length: 60 }, (_, second) => (100 + second) * 1e6) })]
    const growth = perUser(metrics.memoryGrowth).read(buildRun({ ok: [1], servers: growing, asked: { vus: 10 } }))
    expect(growth.estimate).toBeCloseTo(3.6e8, -6)
  })

  it('say of a server without a number why nobody saw it', () => {
    const unseen = ['no Node process with the agent listens on port 5432']
    const servers = [buildServer({ heapUsed: [1e7] }), buildServer({ name: 'database', memory: [1e8], unseen })]
    const { bounds, doubt } = metrics.heap.read(buildRun({ ok: [1], servers }))
    expect(bounds).toEqual({ lower: 1e7, upper: Number.POSITIVE_INFINITY })
    expect(doubt).toBe('the heap of "database" is not known: no Node process with the agent listens on port 5432')
  })

  it('count a dropped iteration against every percentile it could move', () => {
    const read = (dropped: number, q: number) =>
      percentile(q).read(buildRun({ ok: Array(100).fill(5), dropped })).bounds
    expect(read(5, 0.95)).toEqual({ lower: 5, upper: 5 })
    expect(read(6, 0.95)).toEqual({ lower: 5, upper: Number.POSITIVE_INFINITY })
  })

  it('leave open whether what is unfinished is an error', () => {
    const { bounds, doubt } = metrics.errorRate.read(
      buildRun({ ok: Array(90).fill(5), failed: 5, unfinished: [9, 9, 9, 9, 9] }),
    )
    expect(bounds).toEqual({ lower: 0.05, upper: 0.1 })
    expect(doubt).toContain('5 iterations had not ended')
  })

  it('count the time in which a closed run met nothing but errors, of which it sends few', () => {
    const timeline = new Timeline(0)
    for (let at = 0; at < 1000; at++) timeline.ok(at, 1)
    for (let at = 1000; at < 4000; at += 100) timeline.failed(at)
    const parts = { ok: Array(1000).fill(1), failed: 30, duration: 4000 }
    const down = { timeline: timeline.finish(4000) }
    const read = (asked: Asked) =>
      metrics.errorRate.read(Run.from({ ...buildRunData({ ...parts, asked }), ...down })).bounds
    expect(read({ vus: 5 })).toEqual({ lower: 30 / 1030, upper: 0.75 })
    expect(read({ rate: 250 })).toEqual({ lower: 30 / 1030, upper: 30 / 1030 })
  })

  it('know nothing of a run without anything, and say why', () => {
    const empty = buildRun({ duration: 0 })
    for (const key of metricKeys.filter((name) => name !== 'dropped')) {
      const { bounds, doubt } = metrics[key].read(empty)
      expect(bounds, key).toEqual({ lower: Number.NaN, upper: Number.NaN })
      expect(doubt, key).toMatch(/\w+ \w+/)
    }
  })

  it('have labels in words', () => {
    expect(metricKeys.map((key) => metrics[key].label)).toEqual([
      'p50 latency',
      'p75 latency',
      'p90 latency',
      'p95 latency',
      'p99 latency',
      'p99.9 latency',
      'mean latency',
      'max latency',
      'error rate',
      'throughput',
      'sustained rate',
      'dropped iterations',
      'check rate',
      'server CPU',
      'peak server memory',
      'peak server heap',
      'event-loop delay',
      'longest GC pause',
      'open handles',
      'disk reads',
      'disk writes',
      'bytes sent',
      'bytes received',
      'growth of server memory',
      'memory leak',
    ])
    expect(percentile(0.975).label).toBe('p97.5 latency')
    expect(percentile(0.55).label).toBe('p55 latency')
    expect(percentile(0.9999).label).toBe('p99.99 latency')
  })
})

describe('an agent that fell silent while its server went on', () => {
  const flat = (count: number, value: number) => Array<number>(count).fill(value)
  const silentAfter = (seconds: number) =>
    buildRun({
      ...{ ok: [1], duration: 30_000 },
      servers: [buildServer({ cpu: flat(30, 50), heapUsed: flat(seconds, 1e7), loopBusy: flat(seconds, 0.5) })],
    })

  it('leaves open what came after it', () => {
    const run = silentAfter(12)
    expect(metrics.heap.read(run)).toEqual({
      bounds: { lower: 1e7, upper: Number.POSITIVE_INFINITY },
      doubt: 'nothing was told of it after 12 s, while the server went on',
    })
    const mean = (name: string) => seriesMetric({ name, statistic: 'mean' }).read(run).bounds.lower
    expect([mean('loopBusy'), mean('cpu')]).toEqual([Number.NaN, 50])
  })

  it('is none when it was silent for a moment, or ended with its server', () => {
    expect(metrics.heap.read(silentAfter(26)).bounds.upper).toBe(1e7)
    const ended = [buildServer({ cpu: flat(5, 50), heapUsed: flat(5, 1e7) })]
    expect(metrics.heap.read(buildRun({ ok: [1], duration: 30_000, servers: ended })).bounds.upper).toBe(1e7)
  })
})

it('a server that was started again is judged by the life that had a part of the run', () => {
  const life = (pid: number, from: number) => {
    const cpu = {
      unit: 'percent' as const,
      at: [1, 2, 3, 4].map((second) => (from + second) * 1000),
      values: [50, 50, 50, 50],
    }
    return { name: 'api', pid, series: { cpu }, unseen: [] }
  }
  const data = buildRunData({ ok: Array(20).fill(5), duration: 10_000 })
  const run = Run.from({ ...data, usage: { ...data.usage, servers: [life(1, 0), life(2, 5)] } })
  const bounds = (from: number, to: number) => metrics.cpu.read(run.window(from, to)).bounds
  expect(bounds(0, 4000)).toEqual({ lower: 50, upper: 50 })
  expect(bounds(6000, 9000)).toEqual({ lower: 50, upper: 50 })
  const unseen = { ...life(3, 0), series: {} }
  const never = Run.from({ ...data, usage: { ...data.usage, servers: [life(1, 0), unseen] } })
  expect(metrics.cpu.read(never.window(0, 4000)).bounds.upper).toBe(Number.POSITIVE_INFINITY)
})

it('bytes of a part of a run are not known', () => {
  const run = buildRun({ requests: { a: { ok: [1] }, b: { ok: [2] } }, bytes: { sent: 5, received: 6 } })
  expect(metrics.sent.read(run.request('a')).doubt).toContain('judge the run, not a part of it')
})

it.each([
  [184, 'ms', '184 ms'],
  [312e6, 'bytes', '312 MB'],
  [98, 'percent', '98 %'],
  [0.01, 'share', '1 %'],
  [199.4, 'per second', '199/s'],
  [12_000, 'count', '12,000'],
] as const)('writes %d %s as %s', (value, unit, text) => {
  expect(formatValue(value, unit)).toBe(text)
})

it('reads of a window what servers used in it', () => {
  const cpu = [10, 10, 10, 90, 90, 10, 10, 10, 10, 10]
  const run = buildRun({ ok: [1], servers: [buildServer({ cpu, memory: cpu.map((percent) => percent * 1e6) })] })
  const { lower } = metrics.cpu.read(run.window(3000, 5000)).bounds
  expect(lower).toBe(90)
  expect(metrics.memory.read(run.window(5000, 9000)).bounds.upper).toBe(10e6)
  expect(metrics.cpu.read(run).bounds.lower).toBe(26)
})

describe('growth of server memory', () => {
  /** Once a second, MB. */
  const read = (megabytes: readonly number[]) => {
    const memory = megabytes.map((size) => size * 1e6)
    return metrics.memoryGrowth.read(buildRun({ ok: [1], servers: [buildServer({ memory })] }))
  }
  const noise = (second: number) => ((second * 7919) % 13) / 26
  const seconds = (count: number, size: (second: number) => number) =>
    Array.from({ length: count }, (_, second) => size(second) + noise(second))

  it('is that of its slope, with an interval, without the warm-up', () => {
    const { bounds, estimate } = read(seconds(100, (second) => (second < 30 ? second * 10 : 300 + second)))
    expect(estimate).toBeGreaterThan(3.5e9)
    expect(estimate).toBeLessThan(3.7e9)
    expect(bounds.lower).toBeGreaterThan(3.4e9)
    expect(bounds.upper).toBeLessThan(3.8e9)
  })

  it('may be none, and may be what the time is too short to show', () => {
    const { bounds, estimate, doubt } = read(seconds(20, () => 100))
    expect(Math.abs(estimate as number)).toBeLessThan(5e8)
    expect(bounds.lower).toBeLessThanOrEqual(0)
    expect(bounds.upper).toBeGreaterThanOrEqual((2e6 * 3600) / 14)
    expect(doubt).toContain('within 13 s it grew by something between')
  })

  it('is not known of a few samples', () => {
    expect(read([1, 2]).bounds.lower).toBeNaN()
    expect(read([1, 2, 3, 4, 5]).bounds).toMatchObject({ lower: Number.NEGATIVE_INFINITY })
  })

  it('is that of the server that grows fastest', () => {
    const servers = [1, 5, 2].map((each, index) =>
      buildServer({ name: `${index}`, memory: seconds(60, (second) => (100 + second * each) * 1e6) }),
    )
    expect(metrics.memoryGrowth.read(buildRun({ ok: [1], servers })).estimate).toBeCloseTo(5 * 3.6e9, -8)
  })

  it('is doubted for the server whose growth is least known', () => {
    const steady = buildServer({ name: 'steady', memory: seconds(100, (second) => (100 + 2 * second) * 1e6) })
    const noisy = buildServer({ name: 'noisy', memory: seconds(30, (second) => (100 + 40 * ((second * 5) % 7)) * 1e6) })
    const { bounds, doubt } = metrics.memoryGrowth.read(buildRun({ ok: [1], servers: [steady, noisy] }))
    const known = metrics.memoryGrowth.read(buildRun({ ok: [1], servers: [steady] }))
    const unknown = metrics.memoryGrowth.read(buildRun({ ok: [1], servers: [noisy] }))
    expect(bounds).toEqual({ lower: known.bounds.lower, upper: unknown.bounds.upper })
    expect(doubt).toBe(unknown.doubt)
  })

  it.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])('may be more of a server that was hardly seen, be it the %s', (_, order) => {
    const steady = { name: 'steady', memory: seconds(60, (second) => (100 + second) * 1e6) }
    const all = [{ name: 'brief', memory: [1e8] }, steady]
    const servers = order.flatMap((index) => all[index] ?? []).map((parts) => buildServer(parts))
    const { bounds, doubt } = metrics.memoryGrowth.read(buildRun({ ok: [1], servers }))
    expect(bounds.lower).toBeGreaterThan(3e9)
    expect(bounds.upper).toBe(Number.POSITIVE_INFINITY)
    expect(doubt).toBe(
      'the growth of memory of "brief" is not known: too few samples were taken: growth needs a longer run',
    )
  })
})
