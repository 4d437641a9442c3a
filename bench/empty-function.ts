// What an iteration costs beyond the function that it calls.
import { runGenerator } from './child.ts'
import { type Comparison, figure } from './comparison.ts'

const ours = 'ours: vus'
const bare = 'bare await loop'
const order = { warmup: 500, duration: 2000 }

export const emptyFunctionComparisons: readonly Comparison[] = [1, 10, 100].map((vus) => ({
  name: `empty-${vus}`,
  title: `An empty async function, ${vus} VU${vus === 1 ? '' : 's'}`,
  method:
    'CPU time, all threads, over 2 s after 0.5 s of warm-up. The bare loop awaits the function between two clock reads ' +
    'and records the time in the same histogram; ours is the engine with all its records.',
  contestants: [
    { name: ours, measure: () => runGenerator('empty-function', { vus, ...order }) },
    { name: bare, measure: () => runGenerator('empty-loop', { vus, ...order }) },
  ],
  columns: [{ key: 'nanos', title: 'CPU ns per iteration', digits: 0 }],
  ratio: { key: 'nanos', to: bare, title: '× bare loop' },
  bounds: [
    {
      words: `${vus} VU${vus === 1 ? '' : 's'}: ns per iteration above the bare loop`,
      atMost: 300,
      digits: 0,
      value: (round) => figure(round, ours, 'nanos') - figure(round, bare, 'nanos'),
    },
  ],
}))
