// Whose time the time of a profile is.
import { describe, expect, it } from 'vitest'
import type { CpuProfile } from '../../../src/analysis/cpu-profile.ts'
import { hotFunctions } from '../../../src/analysis/hot-functions.ts'
import { during, type Episode, idle, sampledProfile, writtenProfile } from '../../support/profiled/written-profile.ts'

const render = 'render src/invoice.ts:41'
const handler = 'handler src/server.ts:9'

function shares(episodes: readonly Episode[]): Record<string, number> {
  const { hot } = hotFunctions(writtenProfile(episodes))
  return Object.fromEntries(hot.map(({ name, share }) => [name, Number(share.toFixed(3))]))
}

it('shares the time between idling, collecting, native code and functions', () => {
  const found = hotFunctions(
    writtenProfile([
      idle(50),
      during(5, '(garbage collector)'),
      during(5, '(program)'),
      during(30, handler, render),
      during(10, handler),
    ]),
  )
  expect(found).toMatchObject({ duration: 100, samples: 50, idle: 0.5, busy: 0.5, gc: 0.05, program: 0.05, node: 0 })
  expect(found.hot).toEqual([
    {
      name: 'render',
      url: 'file:///app/src/invoice.ts',
      line: 41,
      column: 4,
      hottestLine: null,
      share: 0.6,
      wallShare: 0.3,
      ms: 30,
      calledFrom: null,
    },
    {
      name: 'handler',
      url: 'file:///app/src/server.ts',
      line: 9,
      column: 4,
      hottestLine: null,
      share: 0.2,
      wallShare: 0.1,
      ms: 10,
      calledFrom: null,
    },
  ])
})

describe('self time', () => {
  it.each<[string, Episode[], Record<string, number>]>([
    ['of a builtin is its caller’s', [during(6, handler, 'stringify'), during(4, handler)], { handler: 1 }],
    [
      'of a module of Node’s is its caller’s',
      [during(10, handler, render, 'pbkdf2Sync node:internal/crypto/pbkdf2', 'run')],
      { render: 1 },
    ],
    [
      'of everything that such a module calls is its caller’s',
      [
        during(
          10,
          handler,
          'log node:internal/console/constructor',
          'write node:internal/streams/writable',
          'writeUtf8String',
        ),
      ],
      { handler: 1 },
    ],
    ['of a dependency is the dependency’s', [during(10, handler, 'compile node_modules/a/index.js:3')], { compile: 1 }],
    ['of a function that a builtin calls back is its own', [during(10, handler, 'forEach', render)], { render: 1 }],
    ['of a function that Node calls is its own', [during(10, 'emit node:events', handler)], { handler: 1 }],
    ['of an anonymous function has a place all the same', [during(10, ' src/a.ts:7')], { '(anonymous)': 1 }],
    ['of code without a URL is its caller’s', [during(10, handler, 'template')], { handler: 1 }],
    [
      'counts recursion once',
      [during(5, handler, render, render), during(5, handler, render, render, render)],
      { render: 1 },
    ],
    [
      'of sending is nobody’s',
      [during(9, handler, 'end node:_http_outgoing', 'writev'), during(1, handler)],
      { handler: 0.1 },
    ],
    [
      'without a function of the user’s is nobody’s',
      [during(9, 'onread node:net'), during(1, handler)],
      { handler: 0.1 },
    ],
  ])('%s', (_, episodes, expected) => {
    expect(shares(episodes)).toEqual(expected)
  })

  it('tells two anonymous functions apart by their places', () => {
    const { hot } = hotFunctions(writtenProfile([during(6, ' src/a.ts:7'), during(4, ' src/a.ts:9')]))
    expect(hot.map(({ name, line, ms }) => [name, line, ms])).toEqual([
      ['(anonymous)', 7, 6],
      ['(anonymous)', 9, 4],
    ])
  })
})

it('neither blames nor counts what observes', () => {
  const episodes = [idle(40), during(50, 'sample agent/agent.js:3', 'readFileSync node:fs'), during(10, handler)]
  const found = hotFunctions(writtenProfile(episodes), { agent: ['file:///app/agent/'] })
  expect(found).toMatchObject({ duration: 50, samples: 10, busy: 0.2, hot: [{ name: 'handler', share: 1 }] })
})

it('looks at a part of the time', () => {
  const profile = writtenProfile([
    during(100, 'boot src/boot.ts:1'),
    during(30, handler),
    idle(70),
    during(100, 'leave src/a.ts:1'),
  ])
  const found = hotFunctions(profile, { window: { start: 100, end: 200 } })
  expect(found.duration).toBeCloseTo(100)
  expect(found.hot.map(({ name, ms }) => [name, Math.round(ms)])).toEqual([['handler', 30]])
})

it('gives a sample the time until the next, in whatever order they come', () => {
  const profile = writtenProfile([during(2, handler), during(2, render)])
  const [a, , b] = profile.samples as [number, number, number]
  const mixed = { ...profile, endTime: profile.startTime + 10_000, samples: [a, b, a], timeDeltas: [0, 6000, -2000] }
  expect(hotFunctions(mixed).hot.map(({ name, ms }) => [name, ms])).toEqual([
    ['handler', 6],
    ['render', 4],
  ])
})

describe('the hottest line', () => {
  function lineOf(
    ticks: readonly { line: number; ticks: number }[],
    episodes: readonly Episode[],
  ): number | null | undefined {
    const profile = writtenProfile(episodes)
    const nodes = profile.nodes.map((node) =>
      node.callFrame.functionName === 'render' ? { ...node, positionTicks: ticks } : node,
    )
    return hotFunctions({ ...profile, nodes }).hot[0]?.hottestLine
  }

  it('is the one with most samples, from 0 as all other lines', () => {
    expect(
      lineOf(
        [
          { line: 43, ticks: 2 },
          { line: 45, ticks: 8 },
        ],
        [during(10, render)],
      ),
    ).toBe(44)
  })

  it('is not one of a module of Node’s that the function called', () => {
    const profile = writtenProfile([during(10, render, 'deflate node:zlib')])
    const nodes = profile.nodes.map((node) => ({ ...node, positionTicks: [{ line: 900, ticks: node.hitCount ?? 0 }] }))
    expect(hotFunctions({ ...profile, nodes }).hot[0]?.hottestLine).toBeNull()
  })

  it('is not given when most of the time was in what the function called', () => {
    expect(lineOf([{ line: 43, ticks: 4 }], [during(4, render), during(6, render, 'replace')])).toBeNull()
  })
})

it('has nothing to say about nothing', () => {
  const empty: CpuProfile = { nodes: [], startTime: 0, endTime: 0 }
  expect(hotFunctions(empty)).toMatchObject({ duration: 0, samples: 0, hot: [], block: null })
  expect(hotFunctions(empty).busy).toBeNaN()
})

describe('the longest block', () => {
  const hash = 'hash src/login.ts:3'
  const hashing = (ms: number) => during(ms, handler, hash, 'pbkdf2Sync node:crypto', 'run')
  const block = (episodes: readonly Episode[], interval?: number) => {
    const found = hotFunctions(writtenProfile(episodes, interval)).block
    return found && { name: found.function.name, longest: found.longest, times: found.times, usual: found.usual }
  }

  it('is the innermost function that was on the stack all along', () => {
    expect(block([idle(10), during(2, handler), hashing(50), during(1, handler), idle(10)])).toEqual({
      name: 'hash',
      longest: 50,
      times: 1,
      usual: true,
    })
  })

  it('is the caller of many that take turns', () => {
    const turns = Array.from({ length: 20 }, (_, index) =>
      during(3, handler, 'report src/report.ts:1', `part${index % 2} src/report.ts:${9 + (index % 2)}`),
    )
    expect(block([idle(10), ...turns, idle(10)])).toEqual({ name: 'report', longest: 60, times: 1, usual: true })
  })

  it('is the caller where the longest that it called is much shorter', () => {
    const parts = [during(35, handler, render, 'long src/a.ts:1'), during(25, handler, render, 'short src/a.ts:2')]
    expect(block([idle(10), ...parts, idle(10)])).toMatchObject({ name: 'render', longest: 60 })
  })

  it('is not one that came at another time, about as long and deeper on the stack', () => {
    const other = during(46, handler, 'a src/a.ts:1', 'b src/a.ts:2', 'c src/a.ts:3')
    expect(block([hashing(50), idle(9), other, idle(9), hashing(49), idle(9)])).toMatchObject({
      name: 'hash',
      times: 2,
    })
  })

  it('counts a recursion as one', () => {
    const deep = Array.from({ length: 50 }, (_, index) =>
      during(1, handler, ...Array.from({ length: 1 + (index % 7) }, () => render)),
    )
    expect(block([idle(10), ...deep, idle(10)])).toMatchObject({ name: 'render', longest: 50 })
  })

  it('goes on through a collection', () => {
    expect(block([hashing(20), during(4, '(garbage collector)'), hashing(20), idle(9)])).toMatchObject({
      name: 'hash',
      longest: 44,
      times: 1,
    })
  })

  it('goes on through one sample that V8 could not read, and ends with two', () => {
    expect(block([hashing(20), during(1, '(program)'), hashing(20), idle(9)])).toMatchObject({ longest: 41 })
    expect(block([hashing(20), during(2, '(program)'), hashing(20), idle(9)])).toBeNull()
  })

  it('counts every long one', () => {
    expect(block([hashing(40), idle(9), hashing(60), idle(9), hashing(35), idle(9)])).toMatchObject({
      longest: 60,
      times: 3,
      usual: true,
    })
  })

  it('goes on through one sample in which its caller alone was seen', () => {
    expect(block([hashing(100), during(1, handler), hashing(95), idle(9)])).toMatchObject({
      name: 'hash',
      longest: 196,
    })
    expect(block([hashing(100), during(2, handler), hashing(95), idle(9)])).toMatchObject({ name: 'handler' })
  })

  it('is counted once though V8 did not see it in one sample, and twice where it was called twice', () => {
    const rest = [idle(9), hashing(100), idle(9)]
    const calls = (pause: Episode) => [
      hashing(40),
      pause,
      hashing(50),
      ...rest,
      hashing(9),
      pause,
      hashing(70),
      ...rest,
    ]
    expect(block(calls(during(1, handler)))).toMatchObject({ name: 'hash', longest: 100, times: 4 })
    expect(block(calls(during(2, handler)))).toMatchObject({ name: 'hash', longest: 100, times: 5 })
    expect(block(calls(idle(1)))).toMatchObject({ name: 'hash', longest: 100, times: 5 })
  })

  it('is not made of short calls with idling between them', () => {
    expect(block(Array.from({ length: 40 }, () => [hashing(20), idle(2)]).flat())).toBeNull()
  })

  it('is unusual where the same function mostly is brief', () => {
    expect(
      block([...Array.from({ length: 9 }, () => [hashing(1), idle(5)]).flat(), hashing(120), idle(5)]),
    ).toMatchObject({ times: 1, usual: false })
  })

  it('is none when the machine stood still: V8 samples only what runs', () => {
    const profile = writtenProfile([idle(20), hashing(10), idle(20)])
    const timeDeltas = profile.timeDeltas?.map((delta, index) => (index === 25 ? 500_000 : delta)) ?? []
    const stood = { ...profile, timeDeltas, endTime: profile.endTime + 499_000 }
    expect(hotFunctions(stood).block).toBeNull()
    // Nor is the time in which it stood still that of the function that was on the stack.
    expect(hotFunctions(stood).busy).toBeCloseTo(11 / 51, 2)
  })

  it('is not known, nor is a saturated second, where samples are far apart', () => {
    const busy = [idle(30_000), hashing(9000), idle(30_000)]
    const at = (interval: number) => {
      const { block, saturated, hot } = hotFunctions(sampledProfile(busy, interval))
      return { block: block?.function.name, saturated: saturated !== null, hot: hot[0]?.name }
    }
    expect(at(10)).toEqual({ block: 'hash', saturated: true, hot: 'hash' })
    expect(at(30)).toEqual({ block: undefined, saturated: false, hot: 'hash' })
  })

  it('is none of what was done for whoever observes, nor is that the time of anybody', () => {
    const gc = during(400, '(garbage collector)')
    const profile = writtenProfile([idle(500), gc, idle(100), hashing(100), idle(300)])
    const without = [{ start: 500, end: 900 }]
    expect(hotFunctions(profile)).toMatchObject({ gc: expect.closeTo(0.286), busy: expect.closeTo(0.357) })
    expect(hotFunctions(profile, { without })).toMatchObject({
      ...{ gc: expect.closeTo(0, 2), busy: expect.closeTo(0.1, 2), duration: expect.closeTo(1000, -1) },
      block: { longest: 100 },
    })
  })

  it('is none with two samples', () => {
    expect(block([idle(300), hashing(20), idle(300)], 10)).toBeNull()
    expect(block([idle(300), hashing(30), idle(300)], 10)).toMatchObject({ name: 'hash', longest: 30 })
  })
})
