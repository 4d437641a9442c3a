// What is named as leaking, from snapshots of a real process and from small ones of known content.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { grownConstructors, type HeapCounts, readHeapSnapshot } from '../../../src/analysis/heap-snapshot.ts'

const types = ['hidden', 'array', 'string', 'object', 'code', 'closure', 'native', 'sliced string']
const strings = ['', 'Order', 'onReply', 'system / Context', 'abc', 'def', 'Buffer']
type Node = readonly [type: string, name: string, bytes: number]

/** The fields in another order than V8 writes them today: what counts is what it says about itself. */
function snapshotOf(nodes: readonly Node[], locations: readonly number[] = []) {
  const meta = { node_fields: ['id', 'name', 'type', 'edge_count', 'self_size'], node_types: [types] }
  return {
    snapshot: { meta: { ...meta, node_types: [types, 'string'] }, node_count: nodes.length },
    nodes: nodes.flatMap(([type, name, bytes], index) => [index, strings.indexOf(name), types.indexOf(type), 0, bytes]),
    edges: [],
    locations,
    strings,
  }
}

const read = (nodes: readonly Node[], locations?: readonly number[]) =>
  readHeapSnapshot(JSON.stringify(snapshotOf(nodes, locations)))
const times = (count: number, node: Node) => Array<Node>(count).fill(node)
const grown = (...snapshots: HeapCounts[]) => grownConstructors(snapshots).map(({ name }) => name)

describe('readHeapSnapshot()', () => {
  it('counts objects by constructor, closures by function, the rest by type', () => {
    const counts = read([
      ['object', 'Order', 40],
      ['object', 'Order', 48],
      ['closure', 'onReply', 32],
      ['object', 'onReply', 10],
      ['string', 'abc', 16],
      ['sliced string', 'def', 24],
      ['string', 'def', 8],
      ['array', '', 100],
      ['native', 'Buffer', 1000],
      ['code', 'Order', 5],
      ['hidden', '', 6],
      ['object', 'system / Context', 7],
    ])
    expect([...counts.values()].map(({ name, kind, count, bytes }) => [name, kind, count, bytes])).toEqual(
      expect.arrayContaining([
        ['Order', 'constructor', 2, 88],
        ['onReply()', 'closure', 1, 32],
        ['onReply', 'constructor', 1, 10],
        ['(string)', 'contents', 3, 48],
        ['(array)', 'contents', 1, 100],
        ['(native)', 'contents', 1, 1000],
        ['(compiled code)', 'internal', 1, 5],
        ['(hidden)', 'internal', 1, 6],
        ['system / Context', 'internal', 1, 7],
      ]),
    )
    expect(counts.size).toBe(9)
  })

  it('tells functions without a name apart by script and line', () => {
    const nodes = times(4, ['closure', '', 32])
    const places = [
      [0, 7, 11, 3],
      [5, 7, 11, 3],
      [10, 8, 11, 3],
    ]
    const counts = read(nodes, places.flat())
    expect([...counts.values()].map(({ name, count }) => [name, count])).toEqual([
      ['(anonymous function, line 12)', 2],
      ['(anonymous function, line 12)', 1],
      ['(anonymous function)', 1],
    ])
  })

  const whole = snapshotOf([['object', 'Order', 40]])
  it.each<[string, unknown, string]>([
    ['no JSON', 'heap', 'it is no JSON, or ends too early'],
    ['a part of a file', JSON.stringify(whole).slice(0, -20), 'it is no JSON, or ends too early'],
    ['something else', { nodes: [] }, '"snapshot.meta" does not say what a node consists of'],
    ['nothing', null, '"snapshot.meta" does not say what a node consists of'],
    ['no nodes', { ...whole, nodes: undefined }, '"nodes", "strings" or "locations" is no list'],
    ['no strings', { ...whole, strings: {} }, '"nodes", "strings" or "locations" is no list'],
    ['fewer nodes than it says', { ...whole, nodes: [] }, '1 nodes of 5 numbers were written, 0 numbers are there'],
    ['a type that is not known', { ...whole, nodes: [0, 1, 99, 0, 40] }, 'node 0 has no valid type, name or size'],
    ['a name that is not there', { ...whole, nodes: [0, 99, 3, 0, 40] }, 'node 0 has no valid type, name or size'],
    ['a size below 0', { ...whole, nodes: [0, 1, 3, 0, -1] }, 'node 0 has no valid type, name or size'],
    [
      'nodes without a size',
      { ...whole, snapshot: { meta: { node_fields: ['type', 'name'], node_types: [types] }, node_count: 1 } },
      'its nodes have type, name; type, name and self_size are needed',
    ],
  ])('refuses %s', (_, content, reason) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    const error = expect.objectContaining({
      name: 'LoadTestError',
      code: 'invalid-record',
      message: `heap snapshot: ${reason}: take a new one`,
    })
    expect(() => readHeapSnapshot(text)).toThrow(error)
  })
})

describe('grownConstructors()', () => {
  const order: Node = ['object', 'Order', 40]
  const reply: Node = ['closure', 'onReply', 32]

  it('names what all later snapshots have more of, most bytes first', () => {
    const steps = [1, 2, 3].map((step) => read([...times(step, order), ...times(2 * step, reply)]))
    expect(grownConstructors(steps)).toEqual([
      { name: 'onReply()', count: [2, 4, 6], bytes: [64, 128, 192] },
      { name: 'Order', count: [1, 2, 3], bytes: [40, 80, 120] },
    ])
  })

  it('goes by what was added, not by what is there', () => {
    const steps = [1, 2].map((step) => read([...times(10 + step, order), ...times(2 * step, reply)]))
    expect(grown(...steps)).toEqual(['onReply()', 'Order'])
  })

  it('counts as none what an earlier snapshot does not have', () => {
    expect(grownConstructors([read([]), read([order]), read([order, order])])).toEqual([
      { name: 'Order', count: [0, 1, 2], bytes: [0, 40, 80] },
    ])
  })

  it('leaves out what any later snapshot has no more of than the first', () => {
    const [one, two, three] = [1, 2, 3].map((step) => read(times(step, order))) as [HeapCounts, HeapCounts, HeapCounts]
    expect(grown(two, one, three)).toEqual([])
    expect(grown(two, three, one)).toEqual([])
    expect(grown(two, two, three)).toEqual([])
    expect(grown(one, two, two)).toEqual(['Order'])
  })

  it('puts last what did not grow any more in the end: a pool', () => {
    const parser: Node = ['object', 'onReply', 3000]
    const steps = [
      [1, 1],
      [2, 90],
      [3, 90],
    ].map(([leaked = 0, parsers = 0]) => read([...times(leaked, order), ...times(parsers, parser)]))
    expect(grown(...steps)).toEqual(['Order', 'onReply'])
  })

  it('goes by what is left in the end: connections that piled up under load are gone by then', () => {
    const connection: Node = ['object', 'onReply', 300]
    const steps = [
      { leaked: 100, connections: 50 },
      { leaked: 150, connections: 400 },
      { leaked: 180, connections: 0 },
    ].map(({ leaked, connections }) => read([...times(leaked, order), ...times(connections, connection)]))
    expect(grown(...steps)).toEqual(['Order'])
  })

  it('says nothing of less than two snapshots', () => {
    expect([grown(), grown(read([order]))]).toEqual([[], []])
  })

  it('shows internals only when nothing else grew, contents beside two names at most', () => {
    const internal: Node[] = [
      ['object', 'system / Context', 900],
      ['code', '', 800],
      ['hidden', '', 700],
    ]
    const contents: Node[] = [
      ['array', '', 600],
      ['string', 'abc', 500],
      ['native', 'Buffer', 400],
    ]
    const steps = (nodes: readonly Node[]) => [1, 2].map((step) => read(nodes.flatMap((node) => times(step, node))))
    expect(grown(...steps(internal))).toEqual(['system / Context', '(compiled code)', '(hidden)'])
    expect(grown(...steps([...internal, ...contents, order]))).toEqual(['(array)', '(string)', 'Order'])
  })

  it('names five at most', () => {
    const nodes = [1, 2, 3, 4, 5, 6].map((line) => [line * 5 - 5, 1, line, 0])
    const steps = [1, 2].map((step) => {
      const once = times(6, ['closure', '', 32])
      return read(
        [...once, ...(step === 2 ? once : [])],
        [...nodes.flat(), ...nodes.flatMap(([at = 0, ...place]) => [at + 30, ...place])],
      )
    })
    expect(grown(...steps)).toHaveLength(5)
  })
})

describe('of a real process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'heap-snapshot-'))
  const script = fileURLToPath(new URL('../../support/leaking-process.ts', import.meta.url))
  const lineOf = (code: string) =>
    readFileSync(script, 'utf8')
      .split('\n')
      .findIndex((line) => line.includes(code)) + 1
  const snapshots = (kind: string) =>
    [0, 1, 2].map((step) => readHeapSnapshot(readFileSync(join(directory, `${kind}-${step}.heapsnapshot`), 'utf8')))

  beforeAll(() => promisify(execFile)(process.execPath, [script, directory]), 60_000)
  afterAll(() => rmSync(directory, { recursive: true }))

  it.each([
    ['an object each', 'orders', /^Order$/],
    ['listeners without a name', 'listeners', new RegExp(`^\\(anonymous function, line ${lineOf('emitter.on(')}\\)$`)],
    ['closures in a Map', 'closures', /^onReply\(\)$/],
    ['timers', 'timers', /^Timeout$/],
    ['sockets that are not closed', 'sockets', /^Socket$/],
  ])('that leaks %s, it is among the five named', (_, kind, culprit) => {
    const found = grownConstructors(snapshots(kind)).find(({ name }) => culprit.test(name))
    const steps = found?.count.slice(1).map((count, index) => count - (found.count[index] as number))
    // A connection has two ends.
    const each = kind === 'sockets' ? 100 : 50
    expect(steps).toEqual([each, each])
  })

  it('adds up to what the process holds', () => {
    const sizes = [...(snapshots('orders')[0] as HeapCounts).values()].map(({ bytes }) => bytes)
    const total = sizes.reduce((sum, size) => sum + size)
    expect(total).toBeGreaterThan(1e6)
    expect(total).toBeLessThan(100e6)
  })
})
