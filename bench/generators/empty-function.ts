// An empty function as the target of a closed run of ours, in the thread it was written in.
import { planLoad } from '../../src/core/plan.ts'
import { mergeLanes } from '../../src/core/recording.ts'
import { defaultSettings } from '../../src/core/settings.ts'
import { runShard } from '../../src/engine/shard-run.ts'
import { observed } from './observed.ts'
import { readOrder, report } from './order.ts'

const plan = planLoad(async () => {}, readOrder<{ vus: number; warmup: number; duration: number }>(), defaultSettings)
const { recording, cpuMicros } = await observed(plan.duration, (control) =>
  runShard({ plan, addresses: {}, shard: { index: 0, of: 1 } }, control),
)
report({ nanos: (cpuMicros / mergeLanes(recording.lanes).okInTime) * 1000 })
