// How an explanation reads.
import { expect, it } from 'vitest'
import { describeExplanation, type Explanation, formatShare, type HotSpot } from '../../../src/core/explanation.ts'

const spot: HotSpot = {
  name: 'renderInvoice',
  file: 'src/invoice.ts',
  line: 42,
  column: 17,
  hottestLine: null,
  share: 0.61,
  wallShare: 0.59,
  ms: 5900,
  calledFrom: null,
  block: null,
}
const busy: Explanation = {
  loop: 'busy',
  busyShare: 0.97,
  saturatedFor: null,
  gcShare: 0.03,
  longestBlock: 41,
  sentence: 'it was busy',
  hot: [spot],
  remarks: [],
}

it('names the functions of a busy loop', () => {
  const escaping = {
    ...spot,
    name: 'escape',
    file: 'node_modules/templates/lib/escape.js',
    line: 7,
    hottestLine: 9,
    share: 0.114,
  }
  expect(describeExplanation({ ...busy, hot: [spot, escaping] })).toEqual([
    'why: event loop 97 % busy · gc 3 % · longest block 41 ms',
    '     renderInvoice  src/invoice.ts:42                                61 %',
    '     escape         node_modules/templates/lib/escape.js:7 (line 9)  11 %',
  ])
})

it('names the caller of a dependency', () => {
  const calledFrom = { name: 'renderInvoice', file: 'src/invoice.ts', line: 42 }
  const compile = { ...spot, name: 'compile', file: 'node_modules/templates/index.js', line: 7, calledFrom }
  expect(describeExplanation({ ...busy, hot: [compile] })[1]).toBe(
    '     compile  node_modules/templates/index.js:7 for renderInvoice src/invoice.ts:42  61 %',
  )
})

it('says what a block did', () => {
  const sentence =
    'hashPassword held the event loop for up to 52 ms at once, and everything else waited; it was idle 90 % of the time'
  const blocked = { ...spot, name: 'hashPassword', file: 'src/login.ts', block: { longest: 52, times: 14 } }
  expect(describeExplanation({ ...busy, loop: 'blocked', busyShare: 0.1, hot: [blocked], sentence })).toEqual([
    'why: event loop 10 % busy · gc 3 % · longest block 41 ms',
    '     hashPassword  src/login.ts:42  blocked 14 times, up to 52 ms',
    '     hashPassword held the event loop for up to 52 ms at once, and everything else waited; it was',
    '     idle 90 % of the time',
  ])
})

it('says for how long it was saturated', () => {
  const [head] = describeExplanation({ ...busy, busyShare: 0.41, saturatedFor: 5000 })
  expect(head).toBe('why: event loop 41 % busy, saturated for 5 s · gc 3 % · longest block 41 ms')
})

it('says what is not known', () => {
  const nothing: Explanation = {
    loop: 'unknown',
    busyShare: null,
    saturatedFor: null,
    gcShare: null,
    longestBlock: null,
    sentence: 'too few samples',
    hot: [],
    remarks: [],
  }
  expect(describeExplanation(nothing)).toEqual(['why: not known', '     too few samples'])
})

it('stays within five lines of 100 columns', () => {
  const long = { ...spot, name: 'n'.repeat(200), file: `/${'very/'.repeat(60)}deep.ts` }
  const explanation = {
    ...busy,
    loop: 'idle',
    sentence: 'word '.repeat(200),
    hot: [long, long, long],
    remarks: ['r'.repeat(300)],
  } as const
  const lines = describeExplanation(explanation)
  expect(lines).toHaveLength(5)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
  expect(lines[1]).toMatch(/^ {5}n+…n+ {2}\/very.*….*deep\.ts:42 {2}61 %$/)
})

it.each([
  [0, '0 %'],
  [0.004, '< 1 %'],
  [0.61, '61 %'],
  [0.999, '99 %'],
  [1, '100 %'],
])('a share of %f is %s', (share, text) => {
  expect(formatShare(share)).toBe(text)
})
