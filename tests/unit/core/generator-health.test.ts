// When a load generator counts as too slow to be believed.
import { describe, expect, it } from 'vitest'
import { generatorHealth } from '../../../src/core/generator-health.ts'
import type { Limit } from '../../../src/core/limit.ts'
import { judge } from '../../../src/core/verdict.ts'
import { buildRun, type RunParts } from '../../support/run-builder.ts'

const open = (lag: readonly number[], rest: RunParts = {}) => buildRun({ asked: { rate: 100 }, lag, ...rest })
const loopDelay = (p99: number) => ({ p50: 1, p99, max: 500 })

describe('generatorHealth()', () => {
  it('finds nothing wrong with a healthy one', () => {
    expect(generatorHealth(buildRun())).toEqual({ keptUp: true, reasons: [] })
    expect(generatorHealth(open([0.2, 0.4]))).toEqual({ keptUp: true, reasons: [] })
  })

  it('tolerates 10 ms of lag where no latency is judged', () => {
    expect(generatorHealth(open([10])).keptUp).toBe(true)
    expect(generatorHealth(open([23]))).toEqual({
      keptUp: false,
      reasons: ['it sent iterations late: p99 23 ms after they were due'],
    })
  })

  it('tolerates a tenth of the latency that is judged, 5 ms at least', () => {
    expect(generatorHealth(open([23]), { limit: 300 }).keptUp).toBe(true)
    expect(generatorHealth(open([23]), { limit: 200 }).keptUp).toBe(false)
    expect(generatorHealth(open([4.9]), { limit: 1 }).keptUp).toBe(true)
    expect(generatorHealth(open([6]), { limit: 50 }).keptUp).toBe(false)
  })

  it.each([
    ['EMFILE', 'it ran out of file descriptors 3 times: allow more with `ulimit -n`'],
    [
      'EADDRNOTAVAIL',
      'it ran out of local ports 3 times: keep connections, use fewer, or widen net.ipv4.ip_local_port_range',
    ],
    ['ENOBUFS', 'it ran out of memory for connections 3 times: use fewer'],
  ])('is missing what it needs of the machine, and says how to give it: %s', (code, reason) => {
    const failed = [
      { kind: 'reset' as const, count: 2, example: 'read ECONNRESET' },
      { kind: 'generator' as const, count: 3, example: `GET /: connect ${code} 127.0.0.1:1` },
    ]
    const expected = { keptUp: false, reasons: [reason] }
    const run = buildRun({ ok: [1], failed })
    expect(generatorHealth(run)).toEqual(expected)
    // A window does not know its errors.
    expect(generatorHealth(run.window(0, '10s'))).toEqual(expected)
  })

  describe('that did not send all', () => {
    const limits: readonly Limit[] = [
      { metric: 'errorRate', relation: 'at most', value: 0.01 },
      { metric: 'p95', relation: 'below', value: 1000 },
      { metric: 'p95', relation: 'below', value: 1 },
      { metric: 'throughput', relation: 'at least', value: 1000 },
    ]
    const starved = (count: number, rest: RunParts = {}) =>
      buildRun({ ok: Array(300).fill(5), failed: [{ kind: 'generator', count, example: 'EMFILE' }], ...rest })

    it.each(limits)('gives no verdict on $metric $relation $value', (limit) => {
      for (const slice of [starved(100), starved(100).window(0, '10s')]) {
        expect(judge(slice, limit)).toMatchObject({
          status: 'inconclusive',
          reason: expect.stringMatching(/it ran out of file descriptors 100 times: allow more with `ulimit -n`/),
        })
      }
    })

    it('may have sent enough to tell', () => {
      expect(limits.map((limit) => judge(starved(3), limit).status)).toEqual([
        'pass',
        'pass',
        'inconclusive',
        'inconclusive',
      ])
    })

    it('does not excuse what the server did', () => {
      const failed = [...Array(2)].map(
        (_, at) => ({ kind: at ? 'generator' : 'reset', count: 50, example: 'x' }) as const,
      )
      expect(judge(buildRun({ ok: Array(300).fill(5), failed }), limits[0] as Limit).status).toBe('fail')
    })
  })

  it('looks at the 99th percentile of the lag, not at its worst', () => {
    expect(generatorHealth(open([...Array<number>(199).fill(0.2), 500])).keptUp).toBe(true)
  })

  it('needs an event loop with time to spare', () => {
    const busy = (utilization: number) => generatorHealth(buildRun({ generator: { utilization } }))
    expect(busy(0.94).keptUp).toBe(true)
    expect(busy(0.95).reasons).toEqual(['its event loop was busy 95 % of the time'])
  })

  it('needs an event loop that is not blocked', () => {
    const blocked = (p99: number) => generatorHealth(buildRun({ generator: { loopDelay: loopDelay(p99) } }))
    expect(blocked(50).keptUp).toBe(true)
    expect(blocked(80).reasons).toEqual(['its event loop was blocked: p99 delay 80 ms'])
  })

  it('names all reasons', () => {
    expect(
      generatorHealth(open([60], { generator: { utilization: 1, loopDelay: loopDelay(60) } })).reasons,
    ).toHaveLength(3)
  })
})
