// What is told of servers that run beside a load run: also of those that did not live to be sampled.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { watchServers } from '../../../src/engine/server-watch.ts'
import { running } from '../../../src/processes/running-servers.ts'
import type { Server } from '../../../src/processes/server.ts'

// Linux gives no process a pid as high as this.
const nobody = 2 ** 23

interface Stand {
  readonly name: string
  pid: number
  unexpectedExit?: { readonly code: number; readonly signal: null; readonly at: number; readonly log: string }
}

afterEach(() => running.clear())

/** A server as far as it is watched. */
function stand(name: string, pid: number): Stand {
  const server: Stand = { name, pid }
  running.add(server as unknown as Server)
  return server
}

it('knows nothing of a server that ended before its first sample', async () => {
  stand('alive', process.pid)
  const brief = stand('brief', nobody)
  await using watch = watchServers()
  const start = performance.now()
  running.delete(brief as unknown as Server)
  await sleep(600)
  const { servers } = await watch.finish(start, 600)
  expect(servers).toEqual([
    { name: 'alive', pid: process.pid, unseen: [], series: expect.objectContaining({ memory: expect.anything() }) },
    { name: 'brief', pid: nobody, unseen: [], series: {} },
  ])
})

it('knows nothing of the life before a restart that was not sampled', async () => {
  const server = stand('app', nobody)
  await using watch = watchServers()
  await sleep(300)
  server.pid = process.pid
  const { servers } = await watch.finish(performance.now(), 1000)
  expect(servers).toMatchObject([
    { name: 'app', pid: nobody, unseen: [], series: {} },
    { name: 'app', pid: process.pid, unseen: [], series: {} },
  ])
})

it('says once who ended, when, how and what it last wrote', async () => {
  const server = stand('gateway', nobody)
  stand('older', nobody + 1).unexpectedExit = { code: 1, signal: null, at: performance.now() - 1, log: '' }
  await using watch = watchServers()
  const start = performance.now() - 3000
  server.unexpectedExit = { code: 3, signal: null, at: start + 2200 + 3000, log: '  the end of its log:\n    boom' }
  const { ended, warnings, events } = await watch.finish(start, 6000)
  expect(ended).toEqual(["server 'gateway' ended 5.2 s into the run (exit code 3)"])
  expect(warnings).toEqual([`${ended[0]}\n  the end of its log:\n    boom`])
  expect(events).toEqual([{ at: expect.closeTo(5200), name: 'gateway ended', detail: 'exit code 3' }])
})
