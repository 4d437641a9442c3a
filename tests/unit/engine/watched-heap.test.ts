// Which servers are judged when leaks are looked for, and what is left after the load.
import { expect, it } from 'vitest'
import type { LeakVerdict } from '../../../src/analysis/leak-test.ts'
import { letGo, withHeap } from '../../../src/engine/watched-heap.ts'
import type { AgentLink } from '../../../src/monitor/agent-link.ts'

const server = (before: number | null, isNode: boolean) => ({ before, link: { isNode: () => isNode } as AgentLink })
const node = server(1e7, true)
const silent = server(null, true)
const database = server(null, false)

it('is every Node server, also one whose agent fell silent: nobody can say that it is well', () => {
  expect(withHeap([node, silent, database])).toEqual([node, silent])
})

it('is all of them where none has a heap to ask for', () => {
  expect(withHeap([silent, database])).toEqual([silent, database])
})

const found: LeakVerdict = {
  ...{ verdict: 'leak', reason: 'it grew', growth: 4e6, window: 20_000 },
  perHour: { value: 1, lower: 1, upper: 1 },
}

it.each([
  ['stays', { before: 1e7, after: 1.4e7, isSettling: false }, 'leak', 'it grew'],
  [
    'went at once',
    { before: 1e7, after: 1.1e7, isSettling: false },
    'inconclusive',
    'it grew, but most of that was let go when the load was over: work that waits looks like that',
  ],
  [
    'goes slowly',
    { before: 1e7, after: 1.4e7, isSettling: true },
    'inconclusive',
    'it grew, and 10 s after the load it was still let go: work that waits looks like that',
  ],
])('judges by what is left after the load: what %s', (_, heap, verdict, reason) => {
  expect(letGo(heap, found)).toMatchObject({ verdict, reason })
})
