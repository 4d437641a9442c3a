// Threads of a load that never begins end by themselves: V8 has been seen to abort when one is terminated.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { planLoad } from '../../src/core/plan.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import { GeneratorThreads } from '../../src/engine/threads.ts'

const codes: Promise<number>[] = []
const note = (message: unknown): void => {
  const { worker } = message as { readonly worker: Worker }
  codes.push(new Promise((resolve) => worker.once('exit', resolve)))
}

beforeEach(() => subscribe('worker_threads', note))

afterEach(() => {
  unsubscribe('worker_threads', note)
  codes.length = 0
})

it('end at once when they are let go before they are told to begin', async () => {
  const plan = planLoad('http://127.0.0.1:9/', { vus: 2, duration: 1000, workers: 2 }, defaultSettings)
  const threads = new GeneratorThreads({ plan, addresses: {} })
  await threads[Symbol.asyncDispose]()
  expect(await Promise.all(codes)).toEqual([0, 0])
})
