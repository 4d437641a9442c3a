// Which servers are judged when leaks are looked for.
import { expect, it } from 'vitest'
import { withHeap } from '../../../src/engine/leak-watch.ts'
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
