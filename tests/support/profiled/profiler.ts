// Preloaded into a process: records a CPU profile when its parent asks, and tells which scripts name a source map.
import { type Debugger, Session } from 'node:inspector/promises'

export interface Recorded {
  readonly profile: import('node:inspector').Profiler.Profile
  readonly sourceMaps: readonly (readonly [url: string, sourceMap: string])[]
}

const session = new Session()
session.connect()
process.on('message', async (interval: number) => {
  if (interval > 0) {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval })
    // As the agent does, and for its reason.
    await session.post('HeapProfiler.collectGarbage')
    await session.post('Profiler.start')
    process.send?.('started')
    return
  }
  const { profile } = await session.post('Profiler.stop')
  const sourceMaps: [string, string][] = []
  session.on(
    'Debugger.scriptParsed',
    ({ params: { url, sourceMapURL } }: { params: Debugger.ScriptParsedEventDataType }) => {
      if (sourceMapURL) sourceMaps.push([url, sourceMapURL])
    },
  )
  // Tells of all scripts that are there already.
  await session.post('Debugger.enable')
  process.send?.({ profile, sourceMaps } satisfies Recorded)
})
