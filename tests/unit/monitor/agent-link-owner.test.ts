// Which of the processes with an agent is the server.
import { expect, it } from 'vitest'
import { serversAmong } from '../../../src/monitor/agent-link-owner.ts'

const process = (pid: number, ppid: number, ports: readonly number[] = [], worker?: number) => ({
  hello: { pid, ppid, ...(worker === undefined ? {} : { worker }) },
  ports,
})
const npm = process(10, 1)
const pidsOf = (...given: Parameters<typeof serversAmong>) => serversAmong(...given).map(({ hello }) => hello.pid)

it.each([
  ['who owns the port, whoever started it', [npm, process(11, 10, [3000]), process(12, 11)], [], [11]],
  ['the owner and the workers of its cluster', [process(12, 11, [], 1), process(11, 10, [3000]), npm], [], [11, 12]],
  ['workers that hold the port themselves', [process(11, 10, [3000], 1), process(12, 10, [3000], 2)], [], [11, 12]],
  ['workers that come later', [npm, process(13, 11, [], 3)], [11], [13]],
  ['no worker of another cluster', [process(11, 10, [3000]), process(22, 21, [], 1)], [], [11]],
  ['no child that is no worker', [process(11, 10, [3000]), process(12, 11)], [], [11]],
  ['who alone listens, where nobody owns the port', [npm, process(11, 10, [4000])], [], [11]],
  ['nobody, where several listen elsewhere', [process(10, 1, [5173]), process(11, 10, [4000])], [], []],
  ['nobody else, where the server is known', [process(12, 11, [9229])], [11], []],
  ['nobody, where nobody listens', [npm, process(11, 10)], [], []],
  ['who listens, where the platform does not tell on what', [npm, process(11, 10, [-1])], [], [11]],
] as const)('%s', (_, candidates, known, pids) => {
  expect(pidsOf(candidates, 3000, known)).toEqual(pids)
})
