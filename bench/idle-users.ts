// The heap that virtual users take who do nothing.
import { againstServer } from './against-server.ts'
import { runGenerator } from './child.ts'
import { type Comparison, figure } from './comparison.ts'
import type { IdleState } from './generators/idle-users.ts'

const users = 10_000
const made = 'user and client made'

const rows: readonly { readonly name: string; readonly state: IdleState }[] = [
  { name: made, state: 'made' },
  { name: 'its first request waits for a connection', state: 'waiting' },
  { name: 'connected, one request done, socket included', state: 'connected' },
  { name: 'a plain connected socket, for comparison', state: 'sockets' },
]

export const idleUsersComparison: Comparison = {
  name: 'idle-users',
  title: `Heap of ${users.toLocaleString('en')} idle VUs`,
  method:
    'Heap in use after garbage collection, of each further user once the first have brought in code and tables. ' +
    'Memory outside the heap, such as that of the sockets in the kernel and in libuv, is not in it.',
  contestants: rows.map(({ name, state }) =>
    againstServer({
      name,
      run: (url) => runGenerator('idle-users', { url, state, users }, { nodeArgs: ['--expose-gc'] }),
    }),
  ),
  columns: [{ key: 'heap', title: 'kB of heap each', digits: 2 }],
  bounds: [
    {
      words: 'kB of heap of an idle VU with its client, sockets not counted',
      atMost: 4,
      digits: 2,
      value: (round) => figure(round, made, 'heap'),
    },
  ],
}
