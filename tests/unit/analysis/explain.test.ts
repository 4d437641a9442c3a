// What is said about a server, and when a function is named for it.
import { describe, expect, it } from 'vitest'
import { explain, type LoopFigures, type Work } from '../../../src/analysis/explain.ts'
import { hotFunctions } from '../../../src/analysis/hot-functions.ts'
import type { ScriptPosition, SourcePosition } from '../../../src/analysis/source-position.ts'
import type { Explanation } from '../../../src/core/explanation.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { during, type Episode, idle, sampledProfile, writtenProfile } from '../../support/profiled/written-profile.ts'

const handler = 'handler src/server.ts:9'
const render = 'render src/invoice.ts:41'
const hash = 'hash src/login.ts:3'

const asIs = ({ url, line, column = 0 }: ScriptPosition): SourcePosition => ({
  file: url.replace('file:///app/', ''),
  line: line + 1,
  column: column + 1,
})

function explained(episodes: readonly Episode[], measured: LoopFigures = {}, work?: Work): Explanation {
  return explain(hotFunctions(writtenProfile(episodes)), { positionOf: asIs, measured, ...(work && { work }) })
}

const named = ({ loop, hot }: Explanation) => [loop, ...hot.map(({ name }) => name)]
/** So many functions, with the time of each. */
const others = (count: number, ms: number) =>
  Array.from({ length: count }, (_, index) => during(ms, handler, `f${index} src/f.ts:${index}`))
const specks = Array.from({ length: 20 }, (_, index) => during(5, `speck${index} src/specks.ts:${index}`))
const repeat = (count: number, episodes: readonly Episode[]) => Array.from({ length: count }, () => episodes).flat()

describe('a busy event loop', () => {
  it('has the function named that most of the time went into, with its place', () => {
    const explanation = explained([
      idle(30),
      during(610, handler, render),
      ...others(9, 35),
      during(45, '(garbage collector)'),
    ])
    expect(explanation).toMatchObject({ loop: 'busy', longestBlock: null, remarks: [] })
    expect(explanation.gcShare).toBeCloseTo(0.045)
    expect(explanation.hot).toEqual([
      {
        name: 'render',
        file: 'src/invoice.ts',
        line: 42,
        column: 5,
        hottestLine: null,
        share: 610 / 970,
        wallShare: 0.61,
        ms: 610,
        calledFrom: null,
        block: null,
      },
    ])
    expect(explanation.sentence).toBe(
      'the event loop was busy 97 % of the time, so requests waited for each other: 63 % of that time went into render',
    )
  })

  it.each<[string, Episode[], string[]]>([
    [
      'two that share it',
      [during(450, handler, render), during(400, handler, hash), during(150, handler)],
      ['render', 'hash', 'handler'],
    ],
    ['one that is far ahead of the others', [during(200, handler, render), ...others(16, 50)], ['render']],
    ['three at most', [during(400, handler, render), ...others(4, 150)], ['render', 'f0', 'f1']],
    ['nobody where work is even', others(8, 100), []],
    ['nobody where five do the same beside many small ones', [...others(5, 180), ...specks], []],
    ['nobody where four do the same', others(4, 250), []],
    ['nobody where one of many is a little ahead', [during(140, handler, render), ...others(8, 100)], []],
    ['nobody where Node itself is busy', [during(700, handler, 'end node:_http_outgoing')], []],
  ])('names %s', (_, episodes, names) => {
    expect(named(explained(episodes))).toEqual(['busy', ...names])
  })

  it('says what Node was busy with when it was Node', () => {
    const { sentence, hot } = explained([
      during(800, handler, 'end node:_http_outgoing'),
      during(100, '(program)'),
      ...others(5, 20),
    ])
    expect(hot).toEqual([])
    expect(sentence).toContain('no function stands out, 90 % of that time is Node')
  })

  it('says so when it was collecting', () => {
    const { sentence } = explained([...others(8, 80), during(360, '(garbage collector)')])
    expect(sentence).toMatch(/no function stands out; garbage collection took 36 % of the time$/)
  })

  it('accuses nobody on a handful of samples', () => {
    expect(named(explained([during(90, handler, render)]))).toEqual(['unknown'])
  })
})

describe('an event loop that is mostly idle', () => {
  it('tells who took the CPU that it used, where there is enough of it to tell', () => {
    const { loop, hot, cpu } = explained(repeat(500, [idle(6), during(4, handler, render)]))
    expect({ loop, hot }).toEqual({ loop: 'idle', hot: [] })
    expect(cpu?.[0]).toMatchObject({ name: 'render', share: 1, block: null })
  })

  it('has nobody to blame, however much of the little it did was in one function', () => {
    const explanation = explained(repeat(100, [idle(94), during(6, handler, render)]))
    expect(explanation).toMatchObject({ loop: 'idle', hot: [], longestBlock: null })
    expect(explanation.sentence).toBe(
      'the event loop was idle 94 % of the time: the time went by outside of JavaScript (database, network, disk, a pool that waits)',
    )
  })

  it('was blocked by a hash on one request in a hundred', () => {
    const explanation = explained(
      repeat(4, [...repeat(99, [during(1, handler), idle(4)]), during(50, handler, hash, 'run'), idle(4)]),
    )
    expect(explanation).toMatchObject({
      loop: 'blocked',
      longestBlock: 50,
      hot: [{ name: 'hash', file: 'src/login.ts', line: 4, block: { longest: 50, times: 4 } }],
    })
    expect(explanation.sentence).toMatch(
      /^hash held the event loop for up to 50 ms at once, and everything else waited; it was idle 73 %/,
    )
  })

  it('was blocked by a hash, though its caller held the loop longest another time', () => {
    const calls = repeat(20, [during(1, handler), idle(20)])
    const explanation = explained([
      ...[...calls, during(50, handler, hash), during(8, handler), idle(4)],
      ...[...calls, during(54, handler, hash), idle(4)],
      ...[...calls, during(50, handler, hash), during(8, handler), idle(4)],
    ])
    expect(explanation).toMatchObject({ loop: 'blocked', hot: [{ name: 'hash', block: { longest: 54, times: 3 } }] })
  })

  const once = [idle(900), during(50, handler, hash), idle(900)]
  const long = [idle(900), during(150, handler, hash), idle(900)]
  const mixed = [...repeat(20, [during(2, handler, hash), idle(90)]), during(150, handler, hash), idle(90)]
  it.each<[string, Episode[], LoopFigures | undefined, string[]]>([
    ['is not blocked by 50 ms that happened once', once, undefined, ['idle']],
    ['is blocked by 150 ms that happened once', long, undefined, ['blocked', 'hash']],
    ['was not blocked when the agent saw no block', repeat(4, once), { longestBlock: 12 }, ['idle']],
    [
      'was blocked by a call of a brief function, if the agent saw that too',
      mixed,
      { longestBlock: 152 },
      ['blocked', 'hash'],
    ],
    ['was not, if what the agent saw was much shorter', mixed, { longestBlock: 60 }, ['idle']],
    ['was not often, if what the agent saw was much shorter', repeat(4, long), { longestBlock: 60 }, ['idle']],
    ['is not blocked by a brief function that was busy for a while', mixed, undefined, ['idle']],
    ['stood still in no function', repeat(9, [idle(95), during(5, handler)]), { longestBlock: 240 }, ['blocked']],
  ])('%s', (_, episodes, measured, expected) => {
    expect(named(explained(episodes, measured))).toEqual(expected)
  })

  it('is explained by the work of the requests where that took their time, and not by what they waited for', () => {
    const work = { iterations: 60, latency: 24 }
    const episodes = repeat(60, [idle(49), during(1, handler), during(20, handler, render)])
    const { loop, hot, sentence } = explained(episodes, {}, work)
    expect({ loop, hot: hot[0]?.name }).toEqual({ loop: 'idle', hot: 'render' })
    expect(sentence).toBe(
      'the event loop was idle 70 % of the time, so requests hardly waited for each other: each kept it busy for 21 ms of the 24 ms that it took, 95 % of that in render',
    )
    expect(explained(episodes, {}, { ...work, latency: 70 }).hot).toEqual([])
    const little = repeat(600, [idle(7), during(3, handler, render)])
    expect(explained(little, {}, { iterations: 600, latency: 4 }).hot).toEqual([])
  })

  it('accuses nobody of CPU that other threads used, and says so', () => {
    const explanation = explained(repeat(500, [idle(6), during(4, handler, render)]), { cpu: 240 })
    expect(explanation.cpu).toBeUndefined()
    expect(explanation.sentence).toContain('the time went by in its other threads and processes')
    expect(explanation.remarks[0]).toMatch(/^its other threads and processes used 200 % of a core beside that: worker/)
    expect(explained(repeat(500, [idle(6), during(4, handler, render)]), { cpu: 60 }).remarks).toEqual([])
  })

  it('shows no longer block than the agent measured', () => {
    const [hot] = explained(repeat(4, long), { longestBlock: 90 }).hot
    expect(hot?.block).toEqual({ longest: 90, times: 4 })
  })

  it('tells who took the CPU, though another blocked it', () => {
    const blocked = [...repeat(30, [idle(8), during(6, handler, render)]), during(120, handler, hash)]
    const { hot, cpu } = explained(repeat(3, blocked))
    expect(hot.map(({ name }) => name)).toEqual(['hash'])
    expect(cpu?.map(({ name, block }) => [name, block])).toEqual([
      ['render', null],
      ['hash', null],
    ])
  })

  it('shows the block that the agent measured', () => {
    expect(explained(long, { longestBlock: 153, gcShare: 0.02 })).toMatchObject({ longestBlock: 153, gcShare: 0.02 })
  })
})

describe('an event loop that was saturated for a while', () => {
  const calm = (ms: number) => repeat(ms / 10, [idle(9), during(1, handler, hash)])

  it('is explained by that while', () => {
    const explanation = explained([...calm(6000), during(4000, handler, render), during(1000, handler), ...calm(9000)])
    expect(explanation).toMatchObject({
      loop: 'busy',
      saturatedFor: 5000,
      hot: [{ name: 'render', share: 0.8, wallShare: 0.8 }, { name: 'handler' }],
    })
    expect(explanation.busyShare).toBeCloseTo(0.325)
    expect(explanation.sentence).toMatch(
      /^the event loop was busy for 5 s of 20 s, so requests waited for each other: 80 % of/,
    )
  })

  it('accuses nobody when the work of that while was even', () => {
    const even = repeat(10, others(10, 50))
    expect(explained([...calm(6000), ...even, ...calm(9000)])).toMatchObject({
      loop: 'busy',
      saturatedFor: 5000,
      hot: [],
    })
  })

  it('was not for two seconds, or for many nearly', () => {
    const brief = explained([...calm(6000), ...repeat(400, [during(5, handler, render)]), ...calm(12_000)])
    expect(brief.saturatedFor).toBeNull()
    const nearly = explained([...calm(6000), ...repeat(100, [during(45, handler, render), idle(5)]), ...calm(9000)])
    expect(nearly.saturatedFor).toBeNull()
  })
})

describe('a queue of requests', () => {
  const length = 20_000
  const seeds = Array.from({ length: 20 }, (_, index) => index + 1)

  /** Requests of `service` ms come by chance and keep the loop busy for that share of the time; one in 100 may hash. */
  function queue(
    seed: number,
    { service, busy, hashing = 0 }: { service: number; busy: number; hashing?: number },
  ): Episode[] {
    const random = seededRandom(seed)
    const episodes: Episode[] = []
    let now = 0
    let free = 0
    for (let count = 1; now < length; count++) {
      now -= (Math.log(1 - random()) * service) / busy
      if (now > free) episodes.push(idle(now - free))
      const own = [during(service / 10, 'parse node:_http_server'), during(0.9 * service, handler, render)]
      const begins = Math.max(now, free)
      episodes.push(...own, ...(hashing && count % 100 === 0 ? [during(hashing, handler, hash, 'run')] : []))
      free = begins + service + (hashing && count % 100 === 0 ? hashing : 0)
    }
    return episodes
  }

  it.each([
    [1, 3, 0.5],
    [1, 3, 0.7],
    [5, 3, 0.7],
    [5, 1, 0.75],
    [10, 3, 0.7],
    [10, 20, 0.6],
  ])('sampled every %i ms, of %i ms each, %f busy, has nobody to blame', (interval, service, busy) => {
    const states = seeds.map((seed) => named(explainedAt(interval, queue(seed, { service, busy }))))
    expect(states).toEqual(seeds.map(() => ['idle']))
  })

  it.each([1, 5])('sampled every %i ms, has the hash of one in a hundred named', (interval) => {
    const states = seeds.map((seed) =>
      named(explainedAt(interval, queue(seed, { service: 2, busy: 0.3, hashing: 55 }))),
    )
    expect(states).toEqual(seeds.map(() => ['blocked', 'hash']))
  })

  function explainedAt(interval: number, episodes: readonly Episode[]): Explanation {
    return explain(hotFunctions(sampledProfile(episodes, interval)), { positionOf: asIs })
  }
})

it('knows nothing without samples', () => {
  expect(explained([])).toEqual({
    loop: 'unknown',
    busyShare: null,
    saturatedFor: null,
    gcShare: null,
    longestBlock: null,
    sentence: 'the CPU profile has too few samples to tell what the time was spent on',
    hot: [],
    remarks: [],
  })
})

it('names the function of the project’s that called a dependency', () => {
  const inner = ['compile node_modules/t/index.js:6', 'escape node_modules/t/lib/escape.js:2']
  const { hot } = explained([
    during(300, handler, render, ...inner),
    during(100, handler, ...inner),
    during(50, handler),
  ])
  expect(hot[0]).toMatchObject({ name: 'escape', calledFrom: { name: 'render', file: 'src/invoice.ts', line: 42 } })
})

it('shows no hottest line that was moved into another file, or is one of several', () => {
  const profile = writtenProfile([during(400, handler, render)])
  const nodes = profile.nodes.map((node) => ({ ...node, positionTicks: [{ line: 45, ticks: node.hitCount ?? 0 }] }))
  const found = hotFunctions({ ...profile, nodes })
  expect(explain(found, { positionOf: asIs }).hot[0]).toMatchObject({ line: 42, hottestLine: 45 })
  const moved = (position: ScriptPosition) => ({
    ...asIs(position),
    ...(position.line === 44 && { file: 'src/other.ts' }),
  })
  expect(explain(found, { positionOf: moved }).hot[0]).toMatchObject({ line: 42, hottestLine: null })
  const printed = (position: ScriptPosition) => ({
    ...asIs(position),
    ...(position.column === undefined && { isLastOfSeveral: true as const }),
  })
  expect(explain(found, { positionOf: printed }).hot[0]).toMatchObject({ line: 42, hottestLine: null })
})

it('shows sources: the name and place there, and why it could not', () => {
  const positionOf = ({ line }: ScriptPosition): SourcePosition =>
    line === 41
      ? { file: 'src/invoice.ts', line: 7, column: 1, name: 'renderInvoice' }
      : { file: 'dist/a.js', line: 1, column: 1, remark: 'its source map is missing' }
  const found = hotFunctions(writtenProfile([during(400, render), during(300, hash)]))
  const { hot, remarks } = explain(found, { positionOf })
  expect(hot.map(({ name, file, line }) => `${name} ${file}:${line}`)).toEqual([
    'renderInvoice src/invoice.ts:7',
    'hash dist/a.js:1',
  ])
  expect(remarks).toEqual(['its source map is missing'])
})
