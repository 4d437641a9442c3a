// Carries out load runs in a process of its own, so that all of it can be stopped or its clocks moved. Its arguments are
// those of the runs, one after the other; it prints "under way" once a second of each and at last the runs.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { http } from '../../src/core/http-request.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import type { RunData } from '../../src/core/run.ts'
import type { Target } from '../../src/core/target.ts'
import { load } from '../../src/engine/load.ts'

/** What is loaded: an address from a thread of its own or from this one, or a function that rests or works now and then. */
export interface LoadCase {
  readonly target: 'url' | 'request with a function' | 'resting function' | 'busy function'
  readonly options: LoadOptions
}

const [url, ...cases] = process.argv.slice(2) as [string, ...string[]]
const runs: RunData[] = []
for (const text of cases) {
  const { target, options } = JSON.parse(text) as LoadCase
  const run = await load(targetOf(target), options, { onProgress: () => console.log('under way') })
  runs.push(run.toJSON())
}
console.log(JSON.stringify(runs))

function targetOf(target: LoadCase['target']): Target {
  if (target === 'url') return url
  if (target === 'request with a function') return http.post(url, { json: (i: number) => i })
  let begun = 0
  return async () => {
    await sleep(5)
    if (target === 'busy function' && ++begun === 20) work(1500)
  }
}

function work(time: number): void {
  const end = performance.now() + time
  while (performance.now() < end);
}
