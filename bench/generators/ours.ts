// vitest-load as a test uses it: the engine's own shard, in a worker thread.
import { Distribution } from '../../src/core/distribution.ts'
import type { LoadOptions } from '../../src/core/load-options.ts'
import { planLoad } from '../../src/core/plan.ts'
import { mergeLanes } from '../../src/core/recording.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import type { ShardResult } from '../../src/engine/shard-run.ts'
import { GeneratorThreads } from '../../src/engine/threads.ts'
import { observed } from './observed.ts'
import { readOrder, report } from './order.ts'

const { url, options } = readOrder<{ url: string; options: LoadOptions }>()
const plan = planLoad(url, options, defaultSettings)
const { hostname, port } = new URL(url)
const addresses = { [url]: { address: hostname, port: Number(port) } }
const { recording, cpuMicros } = await observed(plan.duration, (control) =>
  new GeneratorThreads({ plan, addresses }).run(control).then(([shard]) => shard as ShardResult),
)
const { iterations, latency, censoredLatency, okInTime } = mergeLanes(recording.lanes)
if (iterations.ok !== iterations.scheduled) throw new Error(`not all were ok: ${JSON.stringify(iterations)}`)
const times = new Distribution(latency, censoredLatency)
const lag = new Distribution(recording.lag)
report({
  cpu: cpuMicros / okInTime,
  rate: (okInTime / recording.duration) * 1000,
  p50: times.p50,
  p95: times.percentile(0.95),
  p99: times.percentile(0.99),
  max: times.max,
  ...(lag.count === 0 ? {} : { lag: lag.percentile(0.99) }),
})
