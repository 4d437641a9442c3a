// Who is taken for the server under test among those that listen on its port: never the load generator, nobody twice.
import { describe, expect, it } from 'vitest'
import { LoadTestError } from '../../../src/core/errors.ts'
import { checkMonitored, listenersToWatch } from '../../../src/engine/foreign-servers.ts'
import type { ProcessTable } from '../../../src/processes/process-table.ts'

// init 1 -> shell 10 -> vitest 20 -> worker 21 (the load) -> served 30 -> its child 31
//        -> nginx 50 -> 51, 52     -> another 60
const parents: Readonly<Record<number, number>> = {
  1: 0,
  10: 1,
  20: 10,
  21: 20,
  30: 21,
  31: 30,
  50: 1,
  51: 50,
  52: 50,
  60: 1,
}
const table: ProcessTable = new Map(
  Object.entries(parents).map(([key, ppid]) => {
    const pid = Number(key)
    return [pid, { pid, ppid, group: pid, session: pid, startTime: pid }]
  }),
)
const surroundings = { table, served: new Set([30, 31]), self: 21 }

it.each<[string, number[], number[]]>([
  ['the one that listens', [60], [60]],
  ['the parent of those that share its socket', [51, 50, 52], [50]],
  ['siblings whose parent does not listen', [51, 52], [51, 52]],
  ['strangers that share a port', [50, 60], [50, 60]],
  ['nobody', [], []],
  ['nobody where this process listens itself', [21, 60], []],
  ['nobody where a server of ours listens', [30, 31], []],
  ['nobody where a child of such a server listens', [31], []],
  ['not the process that started this one', [20], []],
  ['whom an init holds the socket for, not that', [1, 50], [50]],
  ['nobody who has ended since', [99], []],
])('is %s', (_, owners, watched) => {
  expect(listenersToWatch(owners, surroundings)).toEqual(watched)
})

describe('processes named by their pids', () => {
  const problem = (monitor: number[]) =>
    checkMonitored({ monitor }).then(
      () => undefined,
      (error: LoadTestError) => error,
    )

  it('may be any that run', async () => {
    await expect(problem([])).resolves.toBeUndefined()
    await expect(checkMonitored({ monitor: undefined })).resolves.toBeUndefined()
  })

  it('are all told that cannot be watched', async () => {
    // Linux gives no process a pid as high as this.
    const error = await problem([2 ** 23, process.pid, process.ppid])
    expect(error).toBeInstanceOf(LoadTestError)
    expect(error?.code).toBe('invalid-options')
    expect(error?.message).toContain('load(): 3 options are wrong')
    expect(error?.message).toContain('monitor: expected the pid of a process that runs, got 8388608')
    expect(error?.message).toContain(`monitor: ${process.pid} is the process that sends the load`)
    expect(error?.message).toContain(`monitor: ${process.ppid} started the process that sends the load`)
  })
})
