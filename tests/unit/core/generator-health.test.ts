// When a load generator counts as too slow to be believed.
import { describe, expect, it } from 'vitest'
import { generatorHealth } from '../../../src/core/generator-health.ts'
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

  it('is missing what it needs of the machine', () => {
    const failed = [{ kind: 'generator' as const, count: 3, example: 'EMFILE' }]
    expect(generatorHealth(buildRun({ ok: [1], failed }))).toEqual({
      keptUp: false,
      reasons: ['it ran out of file descriptors or ports 3 times'],
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
