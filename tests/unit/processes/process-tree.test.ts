// Who belongs to a process.
import { describe, expect, it } from 'vitest'
import { type ProcessRow, parsePs } from '../../../src/processes/process-table.ts'
import { processTree } from '../../../src/processes/process-tree.ts'

const row = (pid: number, ppid: number, session = 1): [number, ProcessRow] => [
  pid,
  { pid, ppid, group: session, session, startTime: pid },
]

describe('processTree', () => {
  const table = new Map([row(1, 0), row(10, 1, 10), row(11, 10, 10), row(12, 11, 12), row(13, 1, 10), row(20, 1, 20)])

  it('holds descendants in whatever session, and orphans of the own session', () => {
    expect(processTree(table, [10]).sort()).toEqual([10, 11, 12, 13])
  })

  it('still knows the session of a leader that has ended', () => {
    const orphans = new Map([row(1, 0), row(11, 1, 10), row(12, 11, 12), row(20, 1, 20)])
    expect(processTree(orphans, [10]).sort()).toEqual([11, 12])
  })

  it('is empty for a process that left nothing behind', () => {
    expect(processTree(table, [99])).toEqual([])
  })

  it('is the process itself where no table can be read', () => {
    expect(processTree(new Map(), [10])).toEqual([10])
  })
})

describe('parsePs', () => {
  it('reads rows and leaves zombies out', () => {
    expect(parsePs('    1     0     1 Ss\n  101     1   101 S+\n  102   101   101 Z+\n')).toEqual([
      { pid: 1, ppid: 0, group: 1, session: 1, startTime: undefined },
      { pid: 101, ppid: 1, group: 101, session: 101, startTime: undefined },
    ])
  })
})
