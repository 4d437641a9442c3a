// Which iterations of a run a server had: as its relay counted them, or by where requests went.
import { describe, expect, it } from 'vitest'
import { planLoad } from '../../../src/core/plan.ts'
import { defaultSettings } from '../../../src/core/settings.ts'
import { lanesByServer } from '../../../src/engine/exchange-watch.ts'
import { buildRunData } from '../../support/run-builder.ts'

const lane = (name: string, count: number) => {
  const [first] = buildRunData({ requests: { [name]: { ok: Array.from({ length: count }, () => 1) } } }).lanes
  return first as NonNullable<typeof first>
}
const server = (name: string, port: number, relayed?: ReturnType<typeof lane>) => ({ name, port, lane: relayed })

describe('the lanes of servers', () => {
  const target = [
    'http://127.0.0.1:3001/x',
    'http://localhost:3001/y',
    'http://127.0.0.1:3002/x',
    'http://[::1]:3003/x',
  ]
  const plan = planLoad(target, { vus: 1, iterations: 1 }, defaultSettings)
  const lanes = [lane('GET /x', 1), lane('GET /y', 20), lane('GET /x', 300), lane('GET /x', 4000)]
  const countsOf = (servers: readonly ReturnType<typeof server>[], of = plan) =>
    lanesByServer({ servers, warnings: [] }, of, lanes).map((each) => [each.name, each.source, each.lane.iterations.ok])

  it('are those of the requests that went to its port', () => {
    expect(countsOf([server('a', 3001), server('b', 3002)])).toEqual([
      ['a', 'requests', 21],
      ['b', 'requests', 300],
    ])
  })

  it('are as its relay counted them, named after it', () => {
    expect(countsOf([server('a', 3001, lane('', 7)), server('idle', 4000, lane('', 0))])).toEqual([
      ['a', 'relay', 7],
      ['idle', 'relay', 0],
    ])
    const [first] = lanesByServer({ servers: [server('a', 1, lane('', 7))], warnings: [] }, plan, lanes)
    expect(first?.lane.name).toBe('a')
  })

  it('are not known where nothing was sent to it, or by a function', () => {
    expect(countsOf([server('other', 3004), server('ipv6', 3003)])).toEqual([])
    expect(
      countsOf(
        [server('a', 3001)],
        planLoad(() => {}, { vus: 1, iterations: 1 }, defaultSettings),
      ),
    ).toEqual([])
  })
})
