// How much memory this thread has in use once all garbage is gone.
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** In bytes. `externalBytes` is outside of the heap: array buffers and the WebAssembly memory of histograms. */
export interface MemoryInUse {
  readonly heapBytes: number
  readonly externalBytes: number
  /** Contained in `externalBytes`. */
  readonly arrayBufferBytes: number
  /** Of the whole process, garbage that was not given back included. */
  readonly rssBytes: number
}

export async function memoryInUse(): Promise<MemoryInUse> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  // Array buffers are freed a little later than what held them.
  for (let round = 0; round < 3; round++) {
    collect()
    await setImmediate()
  }
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage()
  return { heapBytes: heapUsed, externalBytes: external, arrayBufferBytes: arrayBuffers, rssBytes: rss }
}
